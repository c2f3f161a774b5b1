"""Accuracies under the two protocols side by side, with their intervals and the gap between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, INK, ORANGE
from nucleoscope.evaluation.plots.sheet import TEXT_SIZE, lay_out, new_sheet, style, write_sheet
from nucleoscope.models.specification import Kind


@dataclass(frozen=True)
class Measured:
    """An accuracy, its 95 % interval (None where too few tiles allow none) and how many crops it was measured on."""

    accuracy: float
    interval: tuple[float, float] | None
    crops: int


def plot_protocols(path: Path, measured: Mapping[Kind, Mapping[Protocol, Measured]]) -> None:
    """Draw a line for each model from its accuracy under `random` to that under `tiles`.

    Args:
        path: of the PNG.
        measured: by model and protocol, both protocols for each model.
    """
    figure = new_sheet(8.0, 2.4 + 0.95 * len(measured))
    axes = figure.subplots()
    lows, names = [], []
    for row, (model, of) in enumerate(measured.items()):
        random, tiles = of[Protocol.RANDOM], of[Protocol.TILES]
        axes.plot([tiles.accuracy, random.accuracy], [row, row], "-", color=FAINT, linewidth=1.5, zorder=1)
        for one, colour, above in ((random, ORANGE, True), (tiles, BLUE, False)):
            _draw(axes, row, one, colour, above)
            lows.append(one.interval[0] if one.interval else one.accuracy)
        names.append(f"{model}\n{100 * (random.accuracy - tiles.accuracy):.1f} points apart")
    style(axes, "", "accuracy on validation crops, with 95 % interval", "")
    axes.set_yticks(range(len(measured)), names)
    axes.set(ylim=(len(measured) - 0.45, -0.6), xlim=(max(0.0, min(lows) - 0.04), 1.01))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.plot([], [], "o", color=ORANGE, label="random: crops split at random")
    axes.plot([], [], "o", color=BLUE, label="tiles: no tile on both sides")
    axes.legend(fontsize=TEXT_SIZE - 1, loc="upper center", bbox_to_anchor=(0.5, 1.28), ncols=2, frameon=False)
    crops = "; ".join(
        f"{protocol}: {next(iter(measured.values()))[protocol].crops:,} validation crops" for protocol in Protocol
    )
    lay_out(
        figure,
        "What the split is worth",
        f"{crops}. For research use only.",
        "The gap is what a model owes to having seen the same tiles: shared pixels, stain, surroundings. On new "
        "tissue, expect the figure under tiles, or less.",
    )
    write_sheet(path, figure)


def _draw(axes: Axes, row: int, one: Measured, colour: str, above: bool) -> None:
    """A dot with its interval and its figure, above or below it."""
    if one.interval:
        axes.plot(one.interval, [row, row], "-", color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt", zorder=2)
    axes.plot([one.accuracy], [row], "o", color=colour, markersize=9, zorder=3)
    axes.annotate(
        f"{one.accuracy:.1%}",
        (one.accuracy, row),
        (0, 9 if above else -19),
        textcoords="offset points",
        ha="center",
        fontsize=TEXT_SIZE,
        color=INK,
    )
