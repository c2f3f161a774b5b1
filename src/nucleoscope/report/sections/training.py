"""Curves of the final fits, and the searches that chose their settings."""

from typing import Any

from nucleoscope.evaluation.plots.reading import read_curves
from nucleoscope.report.charts.curves import draw_accuracies, draw_losses
from nucleoscope.report.charts.trials import draw_trials
from nucleoscope.report.material import Material, Section
from nucleoscope.report.results import Entry
from nucleoscope.tuning.importance import FEWEST, parameter_importance
from nucleoscope.tuning.journal import Status


def training(material: Material) -> Section:
    """Loss and accuracy by epoch, with what they show."""
    fits = [
        {
            "title": entry.title,
            "protocol": str(entry.run.protocol),
            "losses": draw_losses(entry.model.history, entry.title),
            "accuracies": draw_accuracies(entry.model.history, entry.title),
            "reading": read_curves(list(entry.model.history)),
        }
        for entry in material.fitted
        if entry.model.history
    ]
    missing = "No final fit yet; `nucleoscope train RUN` makes it."
    return Section("training", "Curves", {"fits": fits} if fits else None, missing)


def tuning(material: Material) -> Section:
    """What each search tried, what mattered and what failed."""
    searches = [_search(entry) for entry in material.fitted if entry.model.trials]
    missing = "No settings were chosen yet; `nucleoscope tune RUN --trials 8` searches for them."
    return Section("tuning", "Tuning", {"searches": searches} if searches else None, missing)


def _search(entry: Entry) -> dict[str, Any]:
    trials = entry.model.trials
    names = list(dict.fromkeys(name for trial in trials for name in trial.parameters))
    importance = parameter_importance(trials)
    known = sum(trial.metric is not None for trial in trials)
    return {
        "title": entry.title,
        "protocol": str(entry.run.protocol),
        "chart": draw_trials(trials, entry.title),
        "names": names,
        "trials": trials,
        "importance": importance,
        "too_few": (
            f"{known} trial{'' if known == 1 else 's'} with an accuracy: too few to tell which parameter matters "
            f"({FEWEST} are needed, and more are better)."
        ),
        "failed": [trial for trial in trials if trial.status is Status.FAILED],
        "defaults": not names,
    }
