"""How notes and errors count, show and list things, so that each stays a single readable line."""

from collections.abc import Sequence

SHOWN_CHARACTERS = 80
LISTED_NAMES = 3


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "picture"), counted(7560, "picture"), counted(2, "class", "classes")
    ('1 picture', '7,560 pictures', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shown(text: str) -> str:
    r"""A text from the user's files: line breaks and other unprintable characters escaped, long ones cut.

    >>> print(shown("1.png,0\n2.png"))
    1.png,0\n2.png
    """
    start = text[: SHOWN_CHARACTERS + 1]
    if not start.isprintable():
        start = start.encode("unicode_escape").decode("ascii")
    return start if len(start) <= SHOWN_CHARACTERS else start[:SHOWN_CHARACTERS] + "..."


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are.

    >>> listed(["1.png", "2.png"]), listed(["1.png", "2.png", "3.png", "4.png", "5.png"])
    ('1.png, 2.png', '1.png, 2.png, 3.png and 2 more')
    """
    few = ", ".join(shown(name) for name in names[:LISTED_NAMES])
    more = len(names) - LISTED_NAMES
    return f"{few} and {more:,} more" if more > 0 else few
