"""The page of trust: maps while the network forgets, and probability while the crop is taken away or brought back."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecBase
from matplotlib.ticker import PercentFormatter
from numpy.typing import ArrayLike, NDArray

from nucleoscope.evaluation.plots.colours import BLUE, FAINT, GREEN, INK, VERMILLION
from nucleoscope.evaluation.plots.sheet import (
    SMALL_SIZE,
    TEXT_SIZE,
    describe,
    lay_out,
    new_sheet,
    style,
    write_sheet,
)
from nucleoscope.explanation.attributions import NAMES, Method
from nucleoscope.explanation.deletion import Game
from nucleoscope.explanation.judgement import NEAR_ZERO, Judgement, Played
from nucleoscope.explanation.trust import Trust

_LOOKS = {
    Method.OCCLUSION: ("-o", BLUE),
    Method.INTEGRATED_GRADIENTS: ("--s", VERMILLION),
    Method.GRAD_CAM: ("-.^", GREEN),
}
_NOTE = (
    "Crops for the checks are drawn evenly from the classes; the logit or the probability of the predicted class is "
    "followed. Shuffled: the weights of so many layers, from the output on, are each put into random order. Blurred: "
    "cells are blurred in the order of the map; brought back: a blurred crop is made sharp in that order."
)


def plot_trust(path: Path, trust: Trust, title: str) -> None:
    """Draw the checks of all methods, with a sentence about each.

    Args:
        path: of the PNG.
        trust: what was found.
        title: of the picture, names the model.
    """
    methods = list(trust.judgements)
    steps = 1 + len(trust.layers)
    figure = new_sheet(11.0, 9.3 + 1.5 * len(methods))
    halves = figure.add_gridspec(2, 1, height_ratios=[2.6 + len(methods), 2.6])
    cascade = halves[0].subgridspec(
        1 + len(methods), 1 + steps, height_ratios=[2.2, *[1.0] * len(methods)], wspace=0.04
    )
    _draw_correlation(figure.add_subplot(cascade[0, 1:]), trust)
    _draw_maps(figure, cascade, trust)
    games = halves[1].subgridspec(1, 2)
    for column, game in enumerate(Game):
        _draw_game(figure.add_subplot(games[0, column]), trust, game)
    words = "\n".join(judgement.sentence() for judgement in trust.judgements.values())
    subtitle = f"{describe(trust.protocol, trust.validation_crops, 'validation')} Some were drawn for the checks."
    lay_out(figure, f"{title}: can the maps be believed?", subtitle, f"{words}\n{_NOTE}")
    write_sheet(path, figure)


def _draw_correlation(axes: Axes, trust: Trust) -> None:
    """How like the original maps those of ever more shuffled networks are; at the end nothing may be left."""
    steps = range(1 + len(trust.layers))
    for method, judgement in trust.judgements.items():
        _line(axes, method, list(steps), judgement.shuffled.correlation)
    axes.axhspan(-NEAR_ZERO, NEAR_ZERO, color=FAINT, alpha=0.15, linewidth=0, zorder=0, label="as good as nothing")
    style(axes, "Rank correlation with the maps of the model", "", "")
    axes.set(xlim=(-0.5, len(steps) - 0.5), ylim=(min(-0.3, axes.get_ylim()[0]), 1.06))
    total = trust.layers[-1]
    names = ["the model", *(f"{layers} of {total}\nshuffled" for layers in trust.layers)]
    axes.set_xticks(list(steps), names)
    axes.tick_params(axis="x", length=0)
    axes.legend(loc="upper right", fontsize=SMALL_SIZE, frameon=False)


def _draw_maps(figure: Figure, grid: GridSpecBase, trust: Trust) -> None:
    """The maps of one crop at each step, each in its own scale; the crop at the left of each row."""
    for row, (method, judgement) in enumerate(trust.judgements.items(), start=1):
        axes = figure.add_subplot(grid[row, 0])
        axes.imshow(trust.crop, interpolation="nearest")
        axes.set_ylabel(NAMES[method].replace(" ", "\n"), fontsize=TEXT_SIZE, color=INK, rotation=0, ha="right")
        axes.yaxis.set_label_coords(-0.08, 0.4)
        _unframe(axes)
        for column, values in enumerate(judgement.shuffled.maps[:, 0], start=1):
            _draw_map(figure.add_subplot(grid[row, column]), method, values)


def _draw_map(axes: Axes, method: Method, values: NDArray[np.float32]) -> None:
    largest = float(np.percentile(np.abs(values), 99)) or float(np.abs(values).max()) or 1.0
    positive = method is Method.GRAD_CAM
    colours = colormaps["Reds" if positive else "RdBu_r"]
    axes.imshow(values, cmap=colours, vmin=0.0 if positive else -largest, vmax=largest, interpolation="nearest")
    if np.ptp(values) == 0:
        axes.text(0.5, 0.5, "empty", transform=axes.transAxes, ha="center", va="center", fontsize=SMALL_SIZE, color=INK)
    _unframe(axes)


def _unframe(axes: Axes) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=FAINT, linewidth=0.6)


def _draw_game(axes: Axes, trust: Trust, game: Game) -> None:
    """Mean probability of the class by the share of the crop that is done, against random orders."""
    shares = np.linspace(0.0, 1.0, len(trust.random_curve))
    for method, judgement in trust.judgements.items():
        _line(axes, method, shares, _played(judgement, game).curve)
    # What is left to be brought back is blurred: read backwards, the one is the other.
    random = trust.random_curve if game is Game.DELETION else trust.random_curve[::-1]
    axes.plot(shares, random, ":", color=INK, linewidth=1.8, label="random order")
    crops = len(_played(next(iter(trust.judgements.values())), game).areas)
    better = "lower is better" if game is Game.DELETION else "higher is better"
    share = "share blurred" if game is Game.DELETION else "share brought back"
    style(axes, f"{game.capitalize()}: {better} ({crops} crops)", share, "mean probability")
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.04))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if game is Game.INSERTION:  # where the curves leave a corner free
        axes.legend(loc="lower right", fontsize=SMALL_SIZE, frameon=False)


def _played(judgement: Judgement, game: Game) -> Played:
    return judgement.deletion if game is Game.DELETION else judgement.insertion


def _line(axes: Axes, method: Method, x: ArrayLike, y: ArrayLike) -> None:
    line, colour = _LOOKS[method]
    face = "white" if line.startswith("--") else colour
    axes.plot(x, y, line, color=colour, markerfacecolor=face, markersize=5, label=NAMES[method])
