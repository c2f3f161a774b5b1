"""The reliability diagram: does a model that says 90 % keep its word nine times in ten?"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.calibration import ReliabilityBins, expected_calibration_error, reliability
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

_AGREES = 0.01  # difference of confidence and accuracy below which a model is neither over- nor underconfident

_NOTE = (
    "Larger marks: more crops. ECE: mean distance of confidence and accuracy over 15 bins of equal width, weighted "
    "by crops."
)


def plot_reliability(
    path: Path,
    before: NDArray[np.floating[Any]],
    after: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    temperature: float,
    title: str,
    protocol: Protocol,
) -> None:
    """Draw accuracy against confidence before and after temperature scaling, and the crops in each bin.

    After Guo et al. 2017 (arXiv:1706.04599).

    Args:
        path: of the PNG.
        before: (N, C) probabilities without temperature.
        after: (N, C) probabilities with it.
        labels: (N,).
        temperature: what the logits were divided by.
        title: of the picture, names the model.
        protocol: how the crops were split off.
    """
    figure = new_sheet(8.0, 9.2)
    diagram, histogram = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    diagram.plot([0, 1], [0, 1], ":", color=INK, linewidth=1.5, label="confidence = accuracy")
    for probabilities, line, colour, when in ((before, "--", VERMILLION, "before"), (after, "-", BLUE, "after")):
        error = expected_calibration_error(probabilities, labels)
        label = f"{when} temperature scaling: ECE {error:.2%}"
        _draw_bins(diagram, reliability(probabilities, labels), line, colour, label)
    style(diagram, "Accuracy in each bin", "", "accuracy")
    diagram.set(xlim=(max(0.0, 1 / before.shape[1] - 0.05), 1.03), ylim=(-0.03, 1.03))
    diagram.yaxis.set_major_formatter(PercentFormatter(1.0))
    diagram.legend(fontsize=TEXT_SIZE, loc="lower right", bbox_to_anchor=(1.02, 0.99), frameon=False)
    _draw_counts(histogram, reliability(after, labels))
    accuracy = float((after.argmax(axis=1) == labels).mean())
    lay_out(
        figure,
        f"{title}: reliability",
        f"{describe(protocol, len(labels), 'validation')} Accuracy {accuracy:.1%}.",
        f"{judge(reliability(after, labels))} Temperature {temperature:.2f}, fitted on other crops.\n{_NOTE}",
    )
    write_sheet(path, figure)


def judge(bins: ReliabilityBins) -> str:
    """Whether the model promises too much, on average over all crops, in words."""
    difference = float(np.average(bins.confidence - bins.accuracy, weights=bins.crops))
    if abs(difference) < _AGREES:
        return "After scaling, confidence and accuracy agree on average, within one point."
    kind = "overconfident" if difference > 0 else "underconfident"
    side = "above" if difference > 0 else "below"
    return f"After scaling, the model is {kind}: mean confidence is {abs(100 * difference):.1f} points {side} accuracy."


def _draw_bins(axes: Axes, bins: ReliabilityBins, line: str, colour: str, label: str) -> None:
    """A line through the bins; squares where it is dashed, dots where it is solid, their area by crops."""
    dashed = line == "--"
    axes.plot(
        bins.confidence,
        bins.accuracy,
        line,
        color=colour,
        marker="s" if dashed else "o",
        markersize=4,
        markerfacecolor="white" if dashed else colour,
        label=label,
    )
    axes.scatter(
        bins.confidence,
        bins.accuracy,
        s=16 + 180 * np.sqrt(bins.crops / bins.crops.max()),
        marker="s" if dashed else "o",
        facecolor="white" if dashed else colour,
        edgecolor=colour,
        zorder=3,
    )


def _draw_counts(axes: Axes, bins: ReliabilityBins) -> None:
    """How many crops are in each bin: logarithmic, since most are in the last, and in figures."""
    style(axes, "Crops in each bin, after scaling (logarithmic)", "confidence: probability of the predicted class", "")
    axes.bar(bins.confidence, bins.crops - 0.5, width=0.045, color=BLUE, bottom=0.5)
    for confidence, crops in zip(bins.confidence, bins.crops, strict=True):
        place = (confidence, float(crops))
        axes.annotate(
            f"{crops:,}", place, (0, 3), textcoords="offset points", ha="center", fontsize=SMALL_SIZE, color=INK
        )
    axes.set_yscale("log")
    axes.set_ylim(0.5, 5.0 * float(bins.crops.max()))
    axes.set_yticks([])
    axes.minorticks_off()
    axes.spines["left"].set_color(FAINT)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
