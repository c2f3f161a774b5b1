"""The confusion matrix: counts and shares of each class in one picture, and its worst pair in words."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import FAINT, INK, VERMILLION
from nucleoscope.evaluation.plots.sheet import (
    SMALL_SIZE,
    TEXT_SIZE,
    describe,
    lay_out,
    new_sheet,
    text_width,
    wrap,
    write_sheet,
)
from nucleoscope.evaluation.remedies import worst_pair

_LABEL = 1.7  # inches, after which a class name is broken
_MANY = 10  # classes, above which names are small and stay in one line
_UPRIGHT = 1.3  # inches a cell, from which on the names below fit side by side
_DARK = 0.55  # share from which on a cell is dark enough for white type


def plot_confusion(
    path: Path, counts: NDArray[np.int64], classes: tuple[str, ...], title: str, protocol: Protocol
) -> None:
    """Draw the matrix; each cell has its count and its share of the true class, which is also its colour.

    Args:
        path: of the PNG.
        counts: (C, C), rows are true classes, columns predicted ones.
        classes: C names.
        title: of the picture, names the model.
        protocol: how the crops were split off.
    """
    cell = float(np.clip(7.0 / len(classes), 0.62, 1.5))  # inches
    side = cell * len(classes)
    rows, columns = _names(counts, classes, upright=cell >= _UPRIGHT)
    size = TEXT_SIZE if len(classes) <= _MANY else SMALL_SIZE
    left = max(text_width(name, size) for name in rows)
    below = 0.5 if cell >= _UPRIGHT else 0.75 * max(text_width(name, size) for name in columns)
    figure = new_sheet(max(7.5, side + left + 1.0), side + below + 2.5)
    axes = figure.subplots()
    share = row_shares(counts)
    axes.imshow(np.nan_to_num(share), cmap="Blues", vmin=0.0, vmax=1.0)
    _write_cells(axes, counts, share, size=min(13.0, 17.5 * cell))
    _label(axes, rows, columns, size, upright=cell >= _UPRIGHT)
    pair = worst_pair(counts)
    if pair:
        true, predicted = pair
        axes.add_patch(
            Rectangle(
                (predicted - 0.5, true - 0.5),
                1,
                1,
                fill=False,
                edgecolor=VERMILLION,
                linewidth=3,
                zorder=5,
                clip_on=False,
            )
        )
    total = int(counts.sum())
    accuracy = f" Accuracy {np.trace(counts) / total:.1%}." if total else ""
    subtitle = describe(protocol, total, "validation") + accuracy
    lay_out(figure, f"{title}: confusion", subtitle, name_worst_pair(counts, classes))
    write_sheet(path, figure)


def row_shares(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each count as a share of its true class, (C, C); NaN in the row of a class without crops."""
    support = counts.sum(axis=1, keepdims=True)
    return np.where(support > 0, counts / np.maximum(support, 1), np.nan)


def name_worst_pair(counts: NDArray[np.int64], classes: tuple[str, ...]) -> str:
    """The largest share of a class that goes to one other class, in words."""
    pair = worst_pair(counts)
    if pair is None:
        return "No crop is confused with another class."
    true, predicted = pair
    wrong, support = counts[true, predicted], counts[true].sum()
    return (
        f"Worst confusion (framed): {wrong:,} of {support:,} crops of {classes[true]} ({wrong / support:.1%}) are "
        f"taken for {classes[predicted]}. Percentages are shares of the true class, so each row adds up to 100%."
    )


def _write_cells(axes: Axes, counts: NDArray[np.int64], share: NDArray[np.float64], size: float) -> None:
    """Count and percentage in each cell; zeros and empty rows faint, so that what is there stands out."""
    for (row, column), count in np.ndenumerate(counts):
        part = share[row, column]
        text = "-" if np.isnan(part) else "0" if count == 0 else f"{count:,}\n{part:.1%}"
        colour = "white" if part > _DARK else INK if count else FAINT
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)


def _names(counts: NDArray[np.int64], classes: tuple[str, ...], *, upright: bool) -> tuple[list[str], list[str]]:
    """Class names of rows, with how many crops truly are of each class, and of columns; broken where they may."""
    supports = counts.sum(axis=1)
    if len(classes) > _MANY:
        return [f"{name} ({support:,})" for name, support in zip(classes, supports, strict=True)], list(classes)
    rows = [
        f"{wrap(name, _LABEL, TEXT_SIZE)}\n({support:,} crops)" for name, support in zip(classes, supports, strict=True)
    ]
    return rows, [wrap(name, _UPRIGHT if upright else 1.5 * _LABEL, TEXT_SIZE) for name in classes]


def _label(axes: Axes, rows: list[str], columns: list[str], size: float, *, upright: bool) -> None:
    """Class names on both axes, and thin lines between the cells."""
    numbers = np.arange(len(rows))
    axes.set_yticks(numbers, rows, fontsize=size, color=INK)
    axes.set_xticks(numbers, columns, fontsize=size, color=INK)
    if not upright:
        for name in axes.get_xticklabels():
            name.set(rotation=45, horizontalalignment="right", rotation_mode="anchor")
    axes.set_xlabel("predicted class", fontsize=TEXT_SIZE + 1, color=INK)
    axes.set_ylabel("true class", fontsize=TEXT_SIZE + 1, color=INK)
    axes.set_xticks(numbers[1:] - 0.5, minor=True)
    axes.set_yticks(numbers[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="#C4C9D2", linewidth=0.8)
    axes.tick_params(which="both", length=0)
