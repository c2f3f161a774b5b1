"""What a test asks of a page: its elements, as a browser's parser would find them."""

from html.parser import HTMLParser

BREAKING = ("br", "p", "h2", "h3", "td", "th", "li", "small", "span", "figcaption", "summary", "caption")
"""Elements before which text does not run on."""


class Parts(HTMLParser):
    """Elements in their order: name, attributes, and the text right inside."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self._open = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag in BREAKING:
            self.handle_data(" ")
        element = {"tag": tag, "text": "", **dict(attributes)}
        self.elements.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append({"tag": tag, "text": "", **dict(attributes)})

    def handle_endtag(self, tag):
        while self._open and self._open.pop()["tag"] != tag:
            pass

    def handle_data(self, data):
        for element in self._open:
            element["text"] += data

    def of(self, tag):
        return [element for element in self.elements if element["tag"] == tag]

    def section(self, key):
        """The text of a section."""
        (found,) = [element for element in self.of("section") if element["id"] == key]
        return " ".join(found["text"].split())
