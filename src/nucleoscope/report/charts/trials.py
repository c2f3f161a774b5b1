"""Trials as parallel coordinates: an axis for each parameter and one for the metric, a line a trial."""

from collections.abc import Sequence

from markupsafe import Markup

from nucleoscope.report.charts.canvas import Box, Canvas, percent, plain
from nucleoscope.report.charts.scale import Scale, scale_around
from nucleoscope.tuning.importance import is_logarithmic
from nucleoscope.tuning.table import TriedOut

_STEP = 118  # pixels from axis to axis
_TOP, _BOTTOM, _SIDE = 46, 14, 60
_HEIGHT = 300
METRIC = "select accuracy"


def draw_trials(trials: Sequence[TriedOut], title: str) -> Markup | None:
    """Draw the trials that have a metric; None where there are fewer than two, or no parameter was varied.

    Args:
        trials: of one search.
        title: names the model.
    """
    known = [trial for trial in trials if trial.metric is not None]
    names = list(dict.fromkeys(name for trial in known for name in trial.parameters))
    if len(known) < 2 or not names:
        return None
    axes = [(name, _scale([trial.parameters[name] for trial in known])) for name in names]
    axes.append((METRIC, scale_around([trial.metric for trial in known if trial.metric is not None], floor=0, top=1)))
    width = _STEP * (len(axes) - 1) + 2 * _SIDE
    unit = Scale(0.0, 1.0)
    box = Box(width, _HEIGHT, _SIDE, _SIDE, _TOP, _BOTTOM)
    canvas = Canvas(box, Scale(0.0, len(axes) - 1.0), unit, f"{len(known)} trials of {title}: parameters and accuracy")
    for column, (name, scale) in enumerate(axes):
        _draw_axis(canvas, column, name, scale)
    for trial in sorted(known, key=lambda each: (each.chosen, each.metric)):  # the best on top
        values = [*(trial.parameters[name] for name in names), trial.metric or 0.0]
        points = [(float(i), axes[i][1].place(value)) for i, value in enumerate(values)]
        style = "trial chosen" if trial.chosen else "trial" if trial.status == "finished" else "trial short"
        canvas.line(points, style, _tip(trial))
    return canvas.markup()


def _scale(values: list[float]) -> Scale:
    low, high = min(values), max(values)
    if low == high:
        return Scale(low - (abs(low) or 1.0) / 2, high + (abs(high) or 1.0) / 2)
    return Scale(low, high, logarithmic=is_logarithmic(values))


def _draw_axis(canvas: Canvas, column: int, name: str, scale: Scale) -> None:
    across, top = canvas.at((column, 1.0))
    _, bottom = canvas.at((column, 0.0))
    canvas.add("line", "axis", x1=across, x2=across, y1=top, y2=bottom)
    canvas.write((across, top - 24), name.replace("_", " "), "axis-name", "middle")
    if scale.logarithmic:
        canvas.write((across, top - 10), "log", "note", "middle")
    form = percent if name == METRIC else plain
    ticks = scale.ticks(4)
    for tick in ticks if len(ticks) > 1 else [scale.low, scale.high]:
        _, down = canvas.at((column, scale.place(tick)))
        canvas.add("line", "tick", x1=across - 3, x2=across + 3, y1=down, y2=down)
        canvas.write((across - 7, down + 4), form(float(f"{tick:.3g}")), "tick-name halo", "end")


def _tip(trial: TriedOut) -> str:
    settings = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in trial.parameters.items())
    ended = "chosen" if trial.chosen else trial.status
    return f"trial {trial.number}, {ended}, {trial.epochs} epochs: {trial.metric:.1%} on select; {settings}"
