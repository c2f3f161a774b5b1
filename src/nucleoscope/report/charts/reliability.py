"""Reliability: how often a model is right that claims so much."""

from markupsafe import Markup

from nucleoscope.evaluation.calibration import ReliabilityBins
from nucleoscope.report.charts.canvas import Box, Canvas, percent
from nucleoscope.report.charts.scale import Scale

_BOX = Box(400, 340)
_FEW = 10  # crops of a bin, below which its place is mostly chance


def draw_reliability(bins: ReliabilityBins, title: str) -> Markup:
    """Draw the diagram; the area of a dot is the share of crops in it.

    Args:
        bins: of the validation crops.
        title: names the model.
    """
    share = bins.crops / bins.crops.sum()
    canvas = Canvas(
        _BOX,
        Scale(0.0, 1.0),
        Scale(0.0, 1.0),
        f"Reliability of {title}: accuracy of the crops against the probability that the model gave them",
    )
    canvas.y_axis(percent)
    canvas.x_axis("probability of the predicted class", percent)
    canvas.line([(0, 0), (1, 1)], "diagonal")
    canvas.line(list(zip(bins.confidence.tolist(), bins.accuracy.tolist(), strict=True)), "validation thin")
    for claimed, right, crops, part in zip(
        bins.confidence.tolist(), bins.accuracy.tolist(), bins.crops.tolist(), share.tolist(), strict=True
    ):
        tip = f"{crops:,} crops at {claimed:.1%} on average: {right:.1%} right"
        style = "validation" if crops >= _FEW else "validation hollow"
        canvas.dot((claimed, right), style, tip, radius=3.0 + 14.0 * part**0.5)
    canvas.write(canvas.at((0.04, 0.93)), "less sure than right", "note")
    canvas.write(canvas.at((0.97, 0.05)), "surer than right", "note", "end")
    return canvas.markup()
