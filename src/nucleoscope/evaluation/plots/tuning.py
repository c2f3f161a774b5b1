"""What a search tried: the metric over the trials, and against each hyper-parameter."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, INK, ORANGE, VERMILLION
from nucleoscope.evaluation.plots.parameter_axis import place_parameter
from nucleoscope.evaluation.plots.sheet import TEXT_SIZE, describe, lay_out, new_sheet, style, write_sheet

_FINISHED = "finished"
_COLUMNS = 3
_FAILED_AT = 0.06  # of the axis' height: where trials without a value are marked


class TrialLike(Interface):
    """What this picture needs to know of a trial."""

    @property
    def number(self) -> int:
        """In the order of the start."""

    @property
    def parameters(self) -> Mapping[str, float | int | str]:
        """What was tried."""

    @property
    def metric(self) -> float | None:
        """What is to be large; None if it failed before it had any."""

    @property
    def status(self) -> str:
        """What became of it: "finished" after all its epochs, or another word."""

    @property
    def chosen(self) -> bool:
        """Whether the final model uses its settings."""


class Mark(StrEnum):
    """How a trial is drawn, and what that means; later ones cover earlier ones."""

    FAILED = "failed"
    SHORT = "cut short"
    FINISHED = "finished"
    CHOSEN = "chosen"


_STYLES: dict[Mark, dict[str, Any]] = {
    Mark.FAILED: {"marker": "x", "markersize": 9, "markeredgewidth": 2.2, "color": VERMILLION},
    Mark.SHORT: {"marker": "o", "markersize": 7, "color": BLUE, "markerfacecolor": "white"},
    Mark.FINISHED: {"marker": "o", "markersize": 7, "color": BLUE},
    Mark.CHOSEN: {"marker": "*", "markersize": 17, "color": ORANGE, "markeredgecolor": INK},
}


def plot_tuning(
    path: Path, trials: Sequence[TrialLike], metric: str, title: str, protocol: Protocol, crops: int
) -> None:
    """Draw the search.

    Args:
        path: of the PNG.
        trials: at least one.
        metric: name of what the trials are measured by; larger is better.
        title: of the picture, names the model.
        protocol: how the crops were split off that the trials are measured on.
        crops: how many these are.
    """
    names = list(dict.fromkeys(name for trial in trials for name in trial.parameters))
    rows = math.ceil(len(names) / _COLUMNS)
    figure = new_sheet(11.0, 5.0 + 2.6 * rows)
    grid = GridSpec(rows + 1, _COLUMNS, figure=figure, height_ratios=[1.2] + [1.0] * rows)
    course = figure.add_subplot(grid[0, :])
    style(course, "In the order of the trials", "trial", metric)
    course.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    course.set_xlim(0.5, max(trial.number for trial in trials) + 0.5)
    _draw_best_so_far(course, trials)
    _draw_trials(course, trials, {trial.number: float(trial.number) for trial in trials})
    for place, name in enumerate(names):
        axes = figure.add_subplot(grid[1 + place // _COLUMNS, place % _COLUMNS], sharey=course)
        outer = place % _COLUMNS == 0
        style(axes, "", name, metric if outer else "")
        axes.tick_params(labelleft=outer)
        tried = {trial.number: trial.parameters[name] for trial in trials if name in trial.parameters}
        _draw_trials(axes, trials, place_parameter(axes, tried))
    course.set_ylim(_limits(trials))
    _explain_marks(course, trials)
    lay_out(figure, f"{title}: search", describe(protocol, crops, "selection"), describe_search(trials, metric))
    write_sheet(path, figure)


def describe_search(trials: Sequence[TrialLike], metric: str) -> str:
    """How many trials ended how, and what the chosen one is, in words."""
    failed = sum(_value(trial) is None for trial in trials)
    finished = sum(_value(trial) is not None and trial.status == _FINISHED for trial in trials)
    words = (
        f"{len(trials)} trial{'s' if len(trials) > 1 else ''}: {finished} finished, "
        f"{len(trials) - finished - failed} cut short, {failed} failed."
    )
    chosen = next((trial for trial in trials if trial.chosen), None)
    if chosen is None:
        return f"{words} None is chosen."
    value = _value(chosen)
    settings = ", ".join(
        f"{name} {setting:.3g}" if isinstance(setting, float) else f"{name} {setting}"
        for name, setting in chosen.parameters.items()
    )
    measured = "no value" if value is None else f"{metric} {value:.4f}"
    return f"{words} Chosen: trial {chosen.number} with {measured} ({settings})."


def best_so_far(trials: Sequence[TrialLike]) -> list[tuple[int, float]]:
    """Trial numbers, and the best metric up to each, from the first trial on that has one."""
    course: list[tuple[int, float]] = []
    for trial in sorted(trials, key=lambda trial: trial.number):
        values = [best for _, best in course[-1:]] + [value for value in [_value(trial)] if value is not None]
        if values:
            course.append((trial.number, max(values)))
    return course


def mark(trial: TrialLike) -> Mark:
    """How a trial is drawn."""
    if _value(trial) is None:
        return Mark.FAILED
    if trial.chosen:
        return Mark.CHOSEN
    return Mark.FINISHED if trial.status == _FINISHED else Mark.SHORT


def _value(trial: TrialLike) -> float | None:
    """The metric, or None if it is missing or no number."""
    return trial.metric if trial.metric is not None and math.isfinite(trial.metric) else None


def _limits(trials: Sequence[TrialLike]) -> tuple[float, float]:
    """Ends of the metric's axis, with a strip at the bottom for trials without a value."""
    values = [value for trial in trials if (value := _value(trial)) is not None]
    if not values:
        return 0.0, 1.0
    span = max(values) - min(values) or 0.02
    return min(values) - 0.2 * span, max(values) + 0.15 * span


def _draw_trials(axes: Axes, trials: Sequence[TrialLike], places: Mapping[int, float]) -> None:
    """One mark a trial, at x = `places[number]`; trials without a place are left out."""
    for kind in Mark:
        shown = [trial for trial in trials if mark(trial) is kind and trial.number in places]
        transform = axes.get_xaxis_transform() if kind is Mark.FAILED else axes.transData
        axes.plot(
            [places[trial.number] for trial in shown],
            [_FAILED_AT if (value := _value(trial)) is None else value for trial in shown],
            linestyle="none",
            transform=transform,
            zorder=3 + list(Mark).index(kind),
            **_STYLES[kind],
        )


def _draw_best_so_far(axes: Axes, trials: Sequence[TrialLike]) -> None:
    course = best_so_far(trials)
    numbers, best = [number for number, _ in course], [value for _, value in course]
    axes.step(numbers, best, where="post", color=FAINT, linewidth=1.8)


def _explain_marks(axes: Axes, trials: Sequence[TrialLike]) -> None:
    """The legend, above the first panel, of the marks that occur."""
    used = {mark(trial) for trial in trials}
    handles = [Line2D([], [], linestyle="none", label=kind, **_STYLES[kind]) for kind in Mark if kind in used]
    handles.append(Line2D([], [], color=FAINT, linewidth=1.8, label="best so far"))
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, fontsize=TEXT_SIZE, frameon=False
    )
