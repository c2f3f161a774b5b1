"""Accuracy against the time that it took, under one protocol."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nucleoscope.report.charts.accuracies import Bar
from nucleoscope.report.charts.canvas import Box, Canvas, percent
from nucleoscope.report.charts.scale import Scale, scale_around

_BOX = Box(560, 330, right=20)


@dataclass(frozen=True)
class Effort:
    """What a model reached, in how many seconds of all its stages; `mark` is a letter that a table names it by."""

    mark: str
    name: str
    seconds: float
    reached: Bar


def draw_effort(efforts: Sequence[Effort]) -> Markup:
    """Draw a dot with its interval for each; all must be of one protocol."""
    assert len({effort.reached.protocol for effort in efforts}) == 1, "numbers of two protocols in one picture"
    protocol = efforts[0].reached.protocol
    ends = [end for one in efforts for end in (one.reached.accuracy, *(one.reached.interval or ()))]
    seconds = [one.seconds for one in efforts]
    x = Scale(min(seconds) / 1.6, max(seconds) * 1.6, logarithmic=True)
    words = "; ".join(f"{one.name}: {one.reached.quoted}, {one.seconds:,.0f} s" for one in efforts)
    canvas = Canvas(
        _BOX, x, scale_around(ends, floor=0.0, top=1.0), f"Accuracy against time, {protocol} split. {words}"
    )
    canvas.y_axis(percent)
    canvas.x_axis("seconds of all stages of the model, logarithmic", lambda value: f"{value:,.4g}")
    for one in efforts:
        across, down = canvas.at((one.seconds, one.reached.accuracy))
        tip = f"{one.name}: {one.reached.quoted}; {one.seconds:,.0f} s"
        if one.reached.interval:
            low, high = (canvas.at((one.seconds, end))[1] for end in one.reached.interval)
            canvas.add("line", f"interval {protocol}", tip, x1=across, x2=across, y1=low, y2=high)
        canvas.add("circle", f"dot {protocol}", tip, cx=across, cy=down, r=6.0)
        canvas.write((across + 11, down + 4), one.mark, "value halo")
    return canvas.markup()
