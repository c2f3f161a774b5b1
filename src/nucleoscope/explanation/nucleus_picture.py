"""The picture of what a model gets right without the nucleus: two curves over the radius, a crop under each point."""

from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.evaluation.plots.colours import BLUE, FAINT, INK, VERMILLION
from nucleoscope.evaluation.plots.sheet import (
    SMALL_SIZE,
    TEXT_SIZE,
    describe,
    lay_out,
    new_sheet,
    style,
    write_sheet,
)
from nucleoscope.explanation.centre import RADIUS
from nucleoscope.explanation.erasing import erase_centre, keep_centre
from nucleoscope.explanation.nucleus import Hits, Nucleus

_NOTE = (
    "Holes are filled smoothly from their rims. Erased crops are unlike any that the model was trained on, so a part "
    "of a fall may come from that; accuracy that stays cannot. Grey band: the radius of which the words above speak."
)


def plot_nucleus(path: Path, nucleus: Nucleus, crop: NDArray[np.uint8], title: str) -> None:
    """Draw accuracy by radius with the centre erased and with the centre only.

    Args:
        path: of the PNG.
        nucleus: what was measured.
        crop: (H, W, 3), an example that is shown as it was erased.
        title: of the picture, names the model.
    """
    figure = new_sheet(11.0, 9.3)
    columns = 1 + len(nucleus.centre_erased)
    grid = figure.add_gridspec(3, columns, height_ratios=[3.6, 1, 1], wspace=0.04, hspace=0.02)
    _draw_curves(figure.add_subplot(grid[0, :]), nucleus)
    _draw_crops(figure, grid, nucleus, crop)
    subtitle = (
        f"{describe(nucleus.protocol, nucleus.crops, 'validation')} Whole crops: accuracy {nucleus.whole.accuracy:.1%}."
    )
    words = f"{nucleus.sentence()} {nucleus.share_sentence()}\n{_NOTE}"
    lay_out(figure, f"{title}: does it look at the nucleus?", subtitle, words)
    write_sheet(path, figure)


def _draw_curves(axes: Axes, nucleus: Nucleus) -> None:
    """Both curves, at even steps, so that each has its crops underneath; the references as lines across."""
    places = range(1 + len(nucleus.centre_erased))
    erased = [hits.accuracy for hits in (nucleus.whole, *nucleus.centre_erased)]
    alone = [hits.accuracy for hits in nucleus.centre_only]
    axes.axhline(nucleus.whole.accuracy, color=FAINT, linewidth=1.2, label="whole crops")
    axes.plot(places, erased, "-o", color=BLUE, markersize=6, label="centre erased")
    axes.plot(places[1:], alone, "--s", color=VERMILLION, markerfacecolor="white", markersize=6, label="centre only")
    axes.axhline(nucleus.chance, color=INK, linestyle=":", linewidth=1.5, label="always the largest class")
    at = 1 + [hits.radius for hits in nucleus.centre_erased].index(RADIUS)
    axes.axvspan(at - 0.5, at + 0.5, color=FAINT, alpha=0.15, linewidth=0, zorder=0)
    style(axes, "Accuracy by the radius of the central disc", "", "accuracy")
    axes.set(xlim=(-0.5, len(places) - 0.5), ylim=(0.0, 1.04))
    axes.set_xticks(places, [_name(hits, nucleus.side) for hits in (nucleus.whole, *nucleus.centre_erased)])
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower right", bbox_to_anchor=(1.01, 0.99), ncols=4, fontsize=SMALL_SIZE, frameon=False)


def _name(hits: Hits, side: int) -> str:
    return f"{hits.radius * side:.3g} px" if hits.radius else "whole"


def _draw_crops(figure: Figure, grid: GridSpec, nucleus: Nucleus, crop: NDArray[np.uint8]) -> None:
    """The example under each point: the upper row as in the one curve, the lower as in the other."""
    picture = torch.from_numpy(crop.copy()).permute(2, 0, 1)[None].float() / 255.0
    for column, hits in enumerate((nucleus.whole, *nucleus.centre_erased)):
        alone = keep_centre(picture, hits.radius) if hits.radius else None
        for row, (shown, name) in enumerate(
            ((erase_centre(picture, hits.radius), "centre\nerased"), (alone, "centre\nonly")), start=1
        ):
            axes = figure.add_subplot(grid[row, column])
            _show(axes, shown)
            if column == 0:
                axes.set_ylabel(name, fontsize=TEXT_SIZE, color=INK, rotation=0, ha="right", va="center")


def _show(axes: Axes, picture: Tensor | None) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=FAINT, linewidth=0.6)
    if picture is None:
        axes.set_box_aspect(1)
        axes.text(0.5, 0.5, "nothing\nleft", ha="center", va="center", fontsize=SMALL_SIZE, color=INK)
    else:
        axes.imshow(picture[0].permute(1, 2, 0).clamp(0.0, 1.0).numpy(), interpolation="nearest")
