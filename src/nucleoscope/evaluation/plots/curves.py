"""Loss and accuracy of a fit, epoch by epoch."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter, PercentFormatter, ScalarFormatter

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, VERMILLION
from nucleoscope.evaluation.plots.reading import read_curves
from nucleoscope.evaluation.plots.sheet import (
    TEXT_SIZE,
    describe,
    lay_out,
    new_sheet,
    style,
    write_sheet,
)
from nucleoscope.training.history import Epoch

_LOGARITHMIC = 20.0  # ratio of the largest to the smallest loss from which on a linear axis hides the small ones

_NOTE = (
    "What is learned from is measured on augmented crops while the weights move, so its accuracy can be the lower "
    "one; its loss includes label smoothing and class weights. What is watched is measured at the end of an epoch, on "
    "the running average of the weights."
)


def plot_curves(
    path: Path,
    history: list[Epoch],
    title: str,
    protocol: Protocol,
    crops: int,
    parts: tuple[str, str] = ("training", "validation"),
) -> None:
    """Draw loss and accuracy side by side, with what they show in words underneath.

    Args:
        path: of the PNG.
        history: at least one epoch.
        title: of the picture, names the model.
        protocol: how the watched crops were split off.
        crops: how many crops were watched.
        parts: names of what was learned from and of what was watched.
    """
    figure = new_sheet(11.0, 6.2)
    losses, accuracies = figure.subplots(1, 2)
    epochs = [epoch.epoch for epoch in history]
    _draw(losses, epochs, [e.train_loss for e in history], [e.val_loss for e in history], parts)
    _draw(accuracies, epochs, [e.train_accuracy for e in history], [e.val_accuracy for e in history], parts)
    style(losses, "Loss (cross-entropy)", "epoch", "")
    style(accuracies, "Accuracy", "epoch", "")
    _scale_losses(losses, [loss for epoch in history for loss in (epoch.train_loss, epoch.val_loss)])
    accuracies.yaxis.set_major_formatter(PercentFormatter(1.0))
    _mark_best(losses, history)
    _explain_lines(losses, 2)
    _explain_lines(accuracies, 0)
    last = history[-1]
    subtitle = f"{describe(protocol, crops, parts[1])} Last epoch: accuracy {last.val_accuracy:.1%}."
    lay_out(figure, f"{title}: curves", subtitle, f"{read_curves(history, parts)}\n{_NOTE}")
    write_sheet(path, figure)


def _draw(axes: Axes, epochs: list[int], trained: list[float], watched: list[float], parts: tuple[str, str]) -> None:
    """One panel: training dashed with hollow squares, what was watched solid with dots."""
    many = len(epochs) > 30
    axes.plot(
        epochs, trained, "--s", color=VERMILLION, markerfacecolor="white", markersize=0 if many else 6, label=parts[0]
    )
    axes.plot(epochs, watched, "-o", color=BLUE, markersize=0 if many else 5, label=parts[1])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)


def _mark_best(axes: Axes, history: list[Epoch]) -> None:
    """A dotted line at the lowest loss of the watched crops."""
    best = min(history, key=lambda epoch: epoch.val_loss)
    axes.axvline(best.epoch, color=FAINT, linestyle=":", linewidth=1.5, zorder=0, label=f"lowest: epoch {best.epoch}")


def _explain_lines(axes: Axes, first: int) -> None:
    """A legend above the panel, where no curve can run into it, from its `first` line on."""
    handles = axes.get_lines()[first:]
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.02, 0.99), ncols=2, fontsize=TEXT_SIZE, frameon=False
    )


def _scale_losses(axes: Axes, losses: list[float]) -> None:
    """A logarithmic axis where one large loss would press all others flat."""
    if min(losses) > 0 and max(losses) / min(losses) > _LOGARITHMIC:
        axes.set_yscale("log")
        axes.set_title("Loss (cross-entropy), logarithmic", fontsize=TEXT_SIZE + 1, loc="left")
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(0.0, 1.08 * max(losses) or 1.0)
