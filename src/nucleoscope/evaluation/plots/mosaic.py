"""The mosaic of a tile: its crops at their places, a dot on each nucleus, a square where a split leaks."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import Mosaic
from nucleoscope.evaluation.plots.colours import FAINT, INK, class_colours
from nucleoscope.evaluation.plots.sheet import SMALL_SIZE, lay_out, new_sheet, text_width, write_sheet

_SMALLEST, _LARGEST = 4.0, 10.0  # inches of the longer side of the picture
_ENLARGED = 2 / 150  # inches for a pixel, where that fits
_NARROWEST = 8.0  # inches of the sheet: its words must fit
_DOT, _SQUARE = 6.0, 12.0  # points
_DOT_STYLE = {"marker": "o", "linestyle": "none", "markersize": _DOT}
_SQUARE_STYLE = {"marker": "s", "linestyle": "none", "markersize": _SQUARE, "markerfacecolor": "none"}

_NOTE = (
    "Put together from the crops alone; where it is white, no crop has a pixel. A dot is the centre of a crop, the "
    "nucleus that its label is about. Research use only."
)


@dataclass(frozen=True)
class Nuclei:
    """What is known about the K crops of a mosaic, in their order.

    Attributes:
        labels: (K,) class of each crop, -1 for test crops.
        leaked: (K,) whether it is a validation crop whose pixels a training crop also holds.
        split: the split that says so, in words, or None.
    """

    labels: NDArray[np.int64]
    leaked: NDArray[np.bool_]
    split: str | None


def plot_mosaic(path: Path, mosaic: Mosaic, nuclei: Nuclei, classes: tuple[str, ...], title: str) -> None:
    """Draw the mosaic of one tile.

    Args:
        path: of the PNG.
        mosaic: of K crops.
        nuclei: what is known about them.
        classes: C names.
        title: names the tile.
    """
    height, width = mosaic.image.shape[:2]
    scale = float(np.clip(max(height, width) * _ENLARGED, _SMALLEST, _LARGEST)) / max(height, width)
    marks = list(_marks(nuclei, classes))
    sheet = max(_NARROWEST, width * scale + 0.8)
    columns = _columns([str(mark.style["label"]) for mark in marks], sheet)
    figure = new_sheet(sheet, height * scale + 0.24 * -(-len(marks) // columns) + 2.4)
    axes = figure.subplots()
    axes.imshow(mosaic.image, extent=(0, width, height, 0), interpolation="nearest")
    for mark in marks:
        _draw(axes, mosaic.centres[mark.crops], mark)
    axes.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], anchor="N")
    axes.spines[:].set(color=FAINT, linewidth=0.6)
    handles = [Line2D([], [], **mark.style) for mark in marks]
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.01, 0.0),
        borderaxespad=0.3,
        borderpad=0.7,
        ncols=columns,
        fontsize=SMALL_SIZE,
        labelcolor=INK,
        frameon=False,
    )
    lay_out(figure, title, _describe(mosaic, nuclei), _NOTE)
    write_sheet(path, figure)


@dataclass(frozen=True)
class _Mark:
    """One entry of the legend and the crops that it is drawn on."""

    crops: NDArray[np.bool_]
    style: dict[str, Any]
    halo: float  # points of white around its line


def _marks(nuclei: Nuclei, classes: tuple[str, ...]) -> Iterator[_Mark]:
    """Those that occur: a filled dot a class, a hollow one for test crops, a square for leaked crops."""
    for label, (name, colour) in enumerate(zip(classes, class_colours(len(classes)), strict=True)):
        crops = nuclei.labels == label
        if crops.any():
            text = f"{name} ({crops.sum():,})"
            filled = {"markerfacecolor": colour, "markeredgecolor": INK, "markeredgewidth": 0.8, "label": text}
            yield _Mark(crops, _DOT_STYLE | filled, 0.0)
    tested = nuclei.labels < 0
    if tested.any():
        text = f"test crop, class unknown ({tested.sum():,})"
        hollow = {"markerfacecolor": "none", "markeredgecolor": INK, "markeredgewidth": 1.2, "label": text}
        yield _Mark(tested, _DOT_STYLE | hollow, 1.6)
    if nuclei.leaked.any():
        text = f"validation crop of the {nuclei.split} with pixels of a training crop ({nuclei.leaked.sum():,})"
        square = {"markeredgecolor": INK, "markeredgewidth": 1.0, "label": text}
        yield _Mark(nuclei.leaked, _SQUARE_STYLE | square, 1.2)


def _draw(axes: Axes, centres: NDArray[np.float64], mark: _Mark) -> None:
    """Draw a mark at each centre, with a light rim so that it shows on dark nuclei too."""
    if mark.halo:
        rim = {"markeredgecolor": "white", "markeredgewidth": mark.style["markeredgewidth"] + mark.halo, "label": None}
        axes.plot(*centres.T, **mark.style | rim)
    axes.plot(*centres.T, **mark.style)


def _columns(labels: list[str], inches: float) -> int:
    """How many entries of the legend fit side by side."""
    widest = max(text_width(label, SMALL_SIZE) for label in labels) + 0.7
    return max(1, min(len(labels), int(inches / widest)))


def _describe(mosaic: Mosaic, nuclei: Nuclei) -> str:
    tested = int((nuclei.labels < 0).sum())
    labelled = len(nuclei.labels) - tested
    shown = "" if mosaic.step == 1 else f", of which one in {mosaic.step} is shown in each direction"
    return (
        f"{labelled:,} labelled and {tested:,} test crops; {mosaic.extent[1]:,} x {mosaic.extent[0]:,} pixels{shown}."
    )
