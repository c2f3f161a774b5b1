"""`Canvas`: an SVG with axes. Colours and type come from the page's style sheet, by class names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from nucleoscope.report.charts.scale import Scale

Point = tuple[float, float]
Format = Callable[[float], str]


def percent(value: float) -> str:
    """A fraction as an axis names it."""
    return f"{100 * value:.4g}%"


def plain(value: float) -> str:
    """A number as an axis names it."""
    return f"{value:g}"


@dataclass(frozen=True)
class Box:
    """Pixels of the picture and of the margins around its axes."""

    width: float
    height: float
    left: float = 52
    right: float = 12
    top: float = 12
    bottom: float = 44


class Canvas:
    """Draws in values; (0, 0) of the picture is its top left corner.

    Attributes:
        x: the horizontal axis.
        y: the vertical axis.
        box: sizes.
    """

    def __init__(self, box: Box, x: Scale, y: Scale, label: str) -> None:
        """Begin a picture; `label` says in words what it shows."""
        self.box, self.x, self.y = box, x, y
        self._svg = ElementTree.Element(
            "svg",
            {"viewBox": f"0 0 {box.width:g} {box.height:g}", "role": "img", "aria-label": label, "class": "chart"},
        )

    def at(self, point: Point) -> Point:
        """A pair of values in pixels."""
        box = self.box
        across = box.left + self.x.place(point[0]) * (box.width - box.left - box.right)
        down = box.height - box.bottom - self.y.place(point[1]) * (box.height - box.top - box.bottom)
        return round(across, 2), round(down, 2)

    def add(self, tag: str, style: str, tip: str = "", **attributes: float | str) -> ElementTree.Element:
        """Any element, with a class and what a pointer over it is told."""
        named = {
            name.replace("_", "-"): f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in attributes.items()
        }
        element = ElementTree.SubElement(self._svg, tag, {"class": style, **named})
        if tip:
            ElementTree.SubElement(element, "title").text = tip
        return element

    def write(self, place: Point, text: str, style: str = "", anchor: str = "start", **attributes: str) -> None:
        """Text at a place in pixels."""
        x, y = place
        self.add("text", style, "", x=x, y=y, text_anchor=anchor, **attributes).text = text

    def line(self, points: Sequence[Point], style: str, tip: str = "") -> None:
        """A line through pairs of values."""
        places = " ".join(f"{x:g},{y:g}" for x, y in map(self.at, points))
        self.add("polyline", f"line {style}", tip, points=places)

    def dot(self, point: Point, style: str, tip: str = "", radius: float = 4.0) -> None:
        """A dot at a pair of values."""
        x, y = self.at(point)
        self.add("circle", f"dot {style}", tip, cx=x, cy=y, r=radius)

    def x_axis(self, title: str, name: Format = plain, ticks: Sequence[float] | None = None) -> None:
        """Marks and names under the picture."""
        box = self.box
        bottom = box.height - box.bottom
        for tick in self.x.ticks() if ticks is None else ticks:
            across, _ = self.at((tick, self.y.low))
            self.add("line", "tick", x1=across, x2=across, y1=bottom, y2=bottom + 4)
            self.write((across, bottom + 18), name(tick), "tick-name", "middle")
        self.add("line", "axis", x1=box.left, x2=box.width - box.right, y1=bottom, y2=bottom)
        self.write(((box.left + box.width - box.right) / 2, box.height - 6), title, "axis-name", "middle")

    def y_axis(self, name: Format = plain, ticks: Sequence[float] | None = None) -> None:
        """A faint line and a name at each mark."""
        box = self.box
        for tick in self.y.ticks() if ticks is None else ticks:
            _, down = self.at((self.x.low, tick))
            self.add("line", "grid", x1=box.left, x2=box.width - box.right, y1=down, y2=down)
            self.write((box.left - 7, down + 4), name(tick), "tick-name", "end")

    def markup(self) -> Markup:
        """The SVG; texts in it are escaped."""
        return Markup(ElementTree.tostring(self._svg, encoding="unicode"))
