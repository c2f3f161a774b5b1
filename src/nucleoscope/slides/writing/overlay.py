"""The picture of an image with its nuclei outlined in the colours of their classes, and a legend with counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nucleoscope.data.reading.wording import counted, shown
from nucleoscope.evaluation.plots.colours import FAINT, INK
from nucleoscope.evaluation.plots.sheet import DPI, SMALL_SIZE, lay_out, new_sheet, text_width, write_sheet
from nucleoscope.slides.outlines import extent
from nucleoscope.slides.results import UNSURE, Nucleus, Verdicts
from nucleoscope.slides.writing.facts import UNSURE_COLOUR, Add, Facts, shown_classes

_CANVAS = 2000  # pixels of the longer side, unless the picture is larger
_SMALLEST_OUTLINE = 9.0  # canvas pixels across, below which an outline is drawn as a dot
_RADIUS_UM = 2.0  # of a dot
_RADII = (1.0, 7.0)  # canvas pixels
_HALO, _LINE = 5, 3  # canvas pixels
_NARROWEST = 8.0  # inches of the sheet: its words must fit
_NOTE = "Colours are of the class with the largest probability; grey nuclei were not given one. Research use only."


@contextmanager
def writing_overlay(path: Path, facts: Facts) -> Iterator[Add]:
    """Draw each nucleus on the picture of the image: its outline, or a dot where it is too small or has none."""
    assert facts.picture is not None, "the overlay needs the picture of the image"
    height, width = facts.picture.shape[:2]
    enlarged = max(1.0, _CANVAS / max(height, width))
    size = (round(width * enlarged), round(height * enlarged))
    canvas = Image.fromarray(facts.picture).resize(size, Image.Resampling.BICUBIC)
    pen = _Pen(ImageDraw.Draw(canvas), size[0] / facts.image.size[0], size[1] / facts.image.size[1], facts.image.mpp)
    counts: Counter[str] = Counter()

    def add(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
        for nucleus, name in zip(nuclei, shown_classes(verdicts), strict=True):
            counts[name] += 1
            pen.draw(nucleus, facts.colours.get(name, UNSURE_COLOUR))

    yield add
    _write(path, facts, np.asarray(canvas), counts)


class _Pen:
    """Draws nuclei on a canvas that shows the image at another scale."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale_x: float, scale_y: float, mpp: float):
        self._draw = draw
        self._scale = np.array([scale_x, scale_y])
        self._radius = float(np.clip(_RADIUS_UM / mpp * scale_x, *_RADII))

    def draw(self, nucleus: Nucleus, colour: str) -> None:
        outline = nucleus.outline
        if outline is None or extent(outline) * self._scale[0] < _SMALLEST_OUTLINE:
            x, y = (self._scale * (nucleus.x, nucleus.y)).tolist()
            self._dot(x, y, self._radius, colour)
            return
        for ring in outline:
            points = [tuple(point) for point in (ring * self._scale).tolist()]
            line = [*points, *points[:2]]  # twice the first side, so that its joint is drawn too
            self._draw.line(line, fill="white", width=_HALO, joint="curve")
            self._draw.line(line, fill=colour, width=_LINE, joint="curve")

    def _dot(self, x: float, y: float, radius: float, colour: str) -> None:
        rim = "white" if radius >= 3 else None
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=rim)


def _write(path: Path, facts: Facts, canvas: NDArray[np.uint8], counts: Counter[str]) -> None:
    """Lay the canvas out with title and legend."""
    height, width = canvas.shape[:2]
    handles = list(_legend(facts, counts))
    sheet = max(_NARROWEST, width / DPI + 0.8)
    widest = max((text_width(str(handle.get_label()), SMALL_SIZE) for handle in handles), default=0.0) + 0.7
    columns = max(1, min(len(handles), int(sheet / widest)))
    rows = -(-len(handles) // columns) if handles else 0
    figure = new_sheet(sheet, height / DPI + 0.26 * rows + 2.2)
    axes = figure.subplots()
    axes.imshow(canvas, extent=(0, width, height, 0))
    axes.set(xticks=[], yticks=[], anchor="N")
    axes.spines[:].set(color=FAINT, linewidth=0.6)
    if handles:
        axes.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(-0.01, 0.0),
            ncols=columns,
            fontsize=SMALL_SIZE,
            labelcolor=INK,
            frameon=False,
        )
    lay_out(figure, f"Nuclei of {shown(facts.image.name)}", _describe(facts, counts), _NOTE)
    write_sheet(path, figure)


def _legend(facts: Facts, counts: Counter[str]) -> Iterator[Line2D]:
    """An entry for every class, seen or not, and one for the unsure nuclei of each reason."""
    entries = [(name, colour) for name, colour in facts.colours.items()]
    entries += [(name, UNSURE_COLOUR) for name in sorted(counts) if name.startswith(f"{UNSURE}: ")]
    for name, colour in entries:
        label = f"{shown(name)} ({counts[name]:,})"
        yield Line2D(
            [], [], marker="o", linestyle="none", markersize=7, markerfacecolor=colour, markeredgecolor=INK, label=label
        )


def _describe(facts: Facts, counts: Counter[str]) -> str:
    image = facts.image
    return (
        f"{counted(counts.total(), 'nucleus', 'nuclei')} on {image.size[0]:,} x {image.size[1]:,} pixels of "
        f"{image.mpp:g} um."
    )
