"""The evaluated models that a folder holds: of one run, of a run under each protocol, or of folds pooled."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import quote
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import RUNS, ModelFolder, RunFolder


@dataclass(frozen=True)
class ModelPlace:
    """Where the files of one model are.

    Attributes:
        key: tells it from the others of the folder, such as "model2" or "random-model2".
        kind: the model.
        folder: its files.
        run: the run whose crops and split it has; of folds pooled the first fold, since all have the same crops.
        folds: how many folds are pooled; 0 where it is a model of one run.
    """

    key: str
    kind: Kind
    folder: ModelFolder
    run: RunFolder
    folds: int = 0

    @property
    def evaluated(self) -> bool:
        """Whether its metrics and its predictions of the validation crops are there."""
        return self.folder.metrics.is_file() and self.folder.predictions.is_file()


@dataclass(frozen=True)
class ModelResult:
    """What was measured of one model.

    Attributes:
        place: of the model.
        protocol: of the split.
        metrics: what its `metrics.json` holds.
    """

    place: ModelPlace
    protocol: Protocol
    metrics: dict[str, Any]

    def sentence(self) -> str:
        """The accuracy as it may be quoted: with its interval, protocol and number of crops."""
        found = self.metrics
        return quote(found["accuracy"], found["accuracy_ci95"], self.protocol, found["crops"])


def find_models(folder: RunFolder, prefix: str = "") -> Iterator[ModelPlace]:
    """The models of a run, or of every run that the folder holds; folds are one model each, pooled.

    Args:
        folder: of a run, or of several.
        prefix: put before every key.
    """
    if not holds_runs(folder.path):
        for kind in Kind:
            if folder.model(kind).path.is_dir():
                yield ModelPlace(f"{prefix}{kind}", kind, folder.model(kind), folder)
        return
    runs = inner_runs(folder.path)
    pooled = [kind for kind in Kind if folder.model(kind).path.is_dir()]
    for kind in pooled:
        yield ModelPlace(f"{prefix}{kind}", kind, folder.model(kind), runs[0], len(runs))
    for run in () if pooled else runs:
        yield from find_models(run, f"{prefix}{run.path.name}-")


def holds_runs(path: Path) -> bool:
    """Whether a folder holds several runs."""
    return (path / RUNS).is_file()


def inner_runs(path: Path) -> list[RunFolder]:
    """The folders of the runs that a folder holds."""
    names = json.loads((path / RUNS).read_text(encoding="utf-8"))["runs"]
    return [RunFolder(path / name) for name in names]


def find_results(folder: RunFolder) -> list[ModelResult]:
    """The models of a folder that were evaluated."""
    results = []
    for place in find_models(folder):
        if place.evaluated:
            metrics = json.loads(place.folder.metrics.read_text(encoding="utf-8"))
            results.append(ModelResult(place, Protocol(metrics["protocol"]), metrics))
    return results
