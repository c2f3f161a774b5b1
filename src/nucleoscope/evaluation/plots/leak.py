"""The leak in one picture: a field, two neighbouring crops of it, and the pixels that both hold."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import Mosaic
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, INK, VERMILLION, YELLOW
from nucleoscope.evaluation.plots.sheet import TEXT_SIZE, lay_out, new_sheet, write_sheet

_SHADE = 0.32  # how much of the picture the shading covers
_NAMES = ("Training crop", "Validation crop")
_COLOURS = (BLUE, VERMILLION)


@dataclass(frozen=True)
class Neighbours:
    """Two crops of one tile that share pixels.

    Attributes:
        pictures: (2, H, W, 3), the training crop and the validation crop.
        corners: (2, 2) x, y of their top-left in the mosaic, in pixels.
    """

    pictures: NDArray[np.uint8]
    corners: NDArray[np.int64]

    def common(self) -> tuple[int, int, int, int]:
        """The rectangle that both hold: left, top, width, height in pixels of the mosaic."""
        height, width = self.pictures.shape[1:3]
        left, top = self.corners.max(axis=0).tolist()
        first_left, first_top = self.corners.min(axis=0).tolist()
        return left, top, first_left + width - left, first_top + height - top


def plot_leak(path: Path, mosaic: Mosaic, pair: Neighbours, title: str, words: str) -> None:
    """Draw the mosaic with the squares of both crops, and the crops beside it.

    Args:
        path: of the PNG.
        mosaic: of the tile, at full size (`step` 1).
        pair: two of its crops.
        title: of the picture.
        words: what it shows, at the bottom.
    """
    height, width = mosaic.image.shape[:2]
    figure = new_sheet(7.0, 6.4)
    axes = figure.subplot_mosaic([["field", "0"], ["field", "1"]], width_ratios=[2.2, 1])
    field = axes["field"]
    field.imshow(mosaic.image, extent=(0, width, height, 0), interpolation="antialiased")
    _shade(field, pair.common())
    for number, colour in enumerate(_COLOURS):
        _frame(field, (*pair.corners[number].tolist(), *pair.pictures.shape[2:0:-1]), colour)
        _draw_crop(axes[str(number)], pair, number)
    field.set_title("A tile, put together from its crops", fontsize=TEXT_SIZE, color=INK, loc="left")
    for each in axes.values():
        each.set(xticks=[], yticks=[])
        each.spines[:].set(color=FAINT, linewidth=0.6)
    lay_out(figure, title, describe_pair(pair), words)
    write_sheet(path, figure)


def describe_pair(pair: Neighbours) -> str:
    """How much the two crops have in common, in words."""
    _, _, width, height = pair.common()
    share = width * height / (pair.pictures.shape[1] * pair.pictures.shape[2])
    return f"The shaded {width} x {height} pixels are the same in both crops: {share:.0%} of each."


def _draw_crop(axes: Axes, pair: Neighbours, number: int) -> None:
    """One crop, with the part that the other holds shaded."""
    height, width = pair.pictures.shape[1:3]
    left, top, *common = pair.common()
    x, y = pair.corners[number].tolist()
    axes.imshow(pair.pictures[number], extent=(0, width, height, 0), interpolation="nearest")
    _shade(axes, (left - x, top - y, common[0], common[1]))
    _frame(axes, (0, 0, width, height), _COLOURS[number])
    axes.set_title(_NAMES[number], fontsize=TEXT_SIZE, color=_COLOURS[number], weight="bold", loc="left")


def _shade(axes: Axes, box: tuple[int, int, int, int]) -> None:
    left, top, width, height = box
    axes.add_patch(Rectangle((left, top), width, height, facecolor=YELLOW, alpha=_SHADE, linewidth=0))
    axes.add_patch(Rectangle((left, top), width, height, fill=False, edgecolor=INK, linewidth=1.0, linestyle="--"))


def _frame(axes: Axes, box: tuple[int, int, int, int], colour: str) -> None:
    left, top, width, height = box
    axes.add_patch(
        Rectangle((left, top), width, height, fill=False, edgecolor=colour, linewidth=3.0, clip_on=False, zorder=5)
    )
