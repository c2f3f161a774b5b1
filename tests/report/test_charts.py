"""Scales and charts: places, round marks, and text that stays text."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.calibration import reliability
from nucleoscope.report.charts.accuracies import Bar, draw_accuracies
from nucleoscope.report.charts.canvas import Box, Canvas
from nucleoscope.report.charts.effort import Effort, draw_effort
from nucleoscope.report.charts.reliability import draw_reliability
from nucleoscope.report.charts.scale import Scale, scale_around
from nucleoscope.report.charts.trials import draw_trials
from nucleoscope.tuning.journal import Status
from nucleoscope.tuning.table import TriedOut

REACHED = {
    Protocol.RANDOM: Bar(Protocol.RANDOM, 0.985, (0.979, 0.989), 2269),
    Protocol.TILES: Bar(Protocol.TILES, 0.888, None, 2276),
}


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans())
def test_marks_are_round_and_on_the_axis(low, span, logarithmic):
    scale = Scale(abs(low) + 1e-3, (abs(low) + 1e-3) * (2 + span), True) if logarithmic else Scale(low, low + span)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 12
    assert all(-1e-6 <= scale.place(tick) <= 1 + 1e-6 for tick in ticks)
    assert ticks == sorted(set(ticks))


def test_a_scale_holds_all_values_and_keeps_its_limits():
    scale = scale_around([0.2, 1.0], floor=0.0, top=1.0)
    assert 0.0 < scale.low < 0.2
    assert scale.high == 1.0
    assert scale_around([0.5]).low < 0.5 < scale_around([0.5]).high


def test_text_in_a_chart_is_no_markup():
    canvas = Canvas(Box(100, 100), Scale(0, 1), Scale(0, 1), '"><script>')
    canvas.write((0, 0), "</text><script>alert(1)</script>")
    canvas.dot((0.5, 0.5), "dot", "<script>")
    found = ElementTree.fromstring(canvas.markup())
    assert {element.tag for element in found.iter()} == {"svg", "text", "circle", "title"}


def test_the_gap_between_protocols_is_drawn_from_one_to_the_other():
    svg = ElementTree.fromstring(draw_accuracies([("model2", list(REACHED.values()))]))
    random, tiles = (next(e for e in svg.iter("circle") if protocol in e.get("class")) for protocol in Protocol)
    (gap,) = [line for line in svg.iter("line") if line.get("class") == "gap"]
    assert (gap.get("x1"), gap.get("x2")) == (random.get("cx"), tiles.get("cx"))
    assert float(random.get("cx")) > float(tiles.get("cx"))
    assert "9.7 points" in [text.text for text in svg.iter("text")]
    assert len([line for line in svg.iter("line") if "interval" in line.get("class")]) == 1  # tiles has none
    assert "88.8% (too few tiles for an interval), tiles split, 2,276 validation crops" in svg.get("aria-label")


def test_time_is_never_plotted_across_protocols():
    efforts = [Effort("A", "a", 10.0, REACHED[Protocol.RANDOM]), Effort("B", "b", 20.0, REACHED[Protocol.TILES])]
    with pytest.raises(AssertionError, match="two protocols"):
        draw_effort(efforts)
    svg = ElementTree.fromstring(draw_effort(efforts[:1]))
    assert len(list(svg.iter("circle"))) == 1


def test_bins_of_few_crops_are_hollow():
    probabilities = np.array([[0.9, 0.1]] * 20 + [[0.6, 0.4]] * 3)
    svg = ElementTree.fromstring(draw_reliability(reliability(probabilities, np.zeros(23, np.int64)), "model1"))
    few, many = sorted(svg.iter("circle"), key=lambda dot: float(dot.get("r")))
    assert "hollow" in few.get("class")
    assert "hollow" not in many.get("class")
    assert many.find("title").text == "20 crops at 90.0% on average: 100.0% right"


def test_a_line_a_trial_and_none_for_one_trial_alone():
    trials = [
        TriedOut(n, metric, 3, Status.FINISHED, "", 1.0, n == 2, {"rate": 10.0**-n, "same": 1.0})
        for n, metric in enumerate((0.5, 0.9, None), start=1)
    ]
    svg = ElementTree.fromstring(draw_trials(trials, "model1"))
    lines = list(svg.iter("polyline"))
    assert [line.get("class").split()[1:] for line in lines] == [["trial"], ["trial", "chosen"]]
    assert lines[1].find("title").text == "trial 2, chosen, 3 epochs: 90.0% on select; rate 0.01, same 1"
    assert draw_trials(trials[:1], "model1") is None
