"""`Material`: what the sections of a report are made from, and `Section`, what each of them becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.models.specification import Kind
from nucleoscope.report.crop_source import CropSource
from nucleoscope.report.pictures import Budget
from nucleoscope.report.results import Entry, RunResults


@dataclass(frozen=True)
class Material:
    """Everything about one run folder.

    Attributes:
        name: of the folder.
        runs: one, or one under each protocol.
        crops: where pictures of crops come from.
        budget: how much pictures may take.
    """

    name: str
    runs: tuple[RunResults, ...]
    crops: CropSource
    budget: Budget

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The models, in their order."""
        return tuple(self.runs[0].models)

    @cached_property
    def measured(self) -> list[Entry]:
        """Every model that was evaluated, by model and then by protocol."""
        entries = [Entry(run, run.models[kind]) for kind in self.kinds for run in self.runs if kind in run.models]
        return [entry for entry in entries if entry.model.metrics is not None]

    @cached_property
    def fitted(self) -> list[Entry]:
        """Every model of every run that fitted one: of a cross-validation, those of the folds."""
        parts = [part for run in self.runs for part in _named(run)]
        return [Entry(part, part.models[kind]) for kind in self.kinds for part in parts if kind in part.models]

    @property
    def classes(self) -> tuple[str, ...]:
        """C class names; empty where neither the data nor a prediction says them."""
        if self.crops.dataset is not None:
            return self.crops.dataset.crops.classes
        return self.measured[0].predictions.classes if self.measured else ()

    @property
    def colours(self) -> tuple[str, ...]:
        """C colours, the same as in every picture."""
        return class_colours(len(self.classes))


def _named(run: RunResults) -> list[RunResults]:
    """The parts of a run, named so that parts of several runs are told apart."""
    if not run.folds or not run.name:
        return list(run.parts)
    names = [f"{run.name}, {fold.name}" for fold in run.folds]
    return [
        RunResults(name, fold.folder, fold.record, fold.settings, fold.audit, fold.models)
        for name, fold in zip(names, run.folds, strict=True)
    ]


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        key: names its template and its anchor.
        title: its heading.
        content: what the template is given; None where there is nothing to show.
        missing: the line that is shown then: which command adds what is missing.
    """

    key: str
    title: str
    content: Mapping[str, Any] | None
    missing: str = ""
