"""A tile with a dot on each nucleus, in the colour of its class."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nucleoscope.report.charts.canvas import Box, Canvas
from nucleoscope.report.charts.scale import Scale
from nucleoscope.report.pictures import Picture

_DOT = 1 / 110  # of the longer side, at most
_APART = 0.16  # of the distance between nuclei, were they even, so that dots leave them to be seen


@dataclass(frozen=True)
class Marked:
    """A nucleus: its place in pixels of the picture, the colour of its class ("" if unknown), and its name."""

    x: float
    y: float
    colour: str
    tip: str


def draw_tile(
    shown: Picture,
    size: tuple[int, int],
    marks: Sequence[Marked],
    boxes: Sequence[tuple[float, float, float, float]],
) -> Markup:
    """Draw dots and boxes on a picture.

    Args:
        shown: the picture, which may be smaller than what it shows.
        size: height and width of what it shows, in pixels; marks and boxes are given in these.
        marks: the nuclei.
        boxes: left, top, width and height of what is to be outlined.
    """
    height, width = size
    label = f"Mosaic of a tile with {len(marks)} nuclei"
    canvas = Canvas(Box(width, height, 0, 0, 0, 0), Scale(0, width), Scale(0, height), label)
    canvas.add("image", "tile", href=shown.source, x=0, y=0, width=width, height=height)
    radius = min(max(height, width) * _DOT, _APART * (height * width / max(len(marks), 1)) ** 0.5)
    for x, y, across, down in boxes:
        canvas.add("rect", "outlined-rim", x=float(x), y=float(y), width=across, height=down, stroke_width=radius)
        canvas.add("rect", "outlined", x=float(x), y=float(y), width=across, height=down, stroke_width=radius / 2)
    for one in marks:
        style = "nucleus" if one.colour else "nucleus unknown"
        fill = one.colour or "none"
        canvas.add("circle", style, one.tip, cx=one.x, cy=one.y, r=radius, fill=fill, stroke_width=radius / 4)
    return canvas.markup()
