"""What a run folder holds, read once: of one run, of folds, or of both protocols."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.errors import RunFolderError
from nucleoscope.explanation.explain import RECORD
from nucleoscope.models.bundle import CONFIG_FILE
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import RUNS, ModelFolder, RunFolder
from nucleoscope.pipeline.known_failures import Found
from nucleoscope.pipeline.review_files import RECORD as REVIEW_RECORD
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.table import Predictions, read_predictions
from nucleoscope.training.history import Epoch, read_history
from nucleoscope.tuning.table import TriedOut, read_tuning


@dataclass(frozen=True)
class ModelResults:
    """Of one model; what is not there is None or empty.

    Attributes:
        kind: which.
        folder: its files.
        config: of its bundle.
        metrics: the content of `metrics.json`.
        predictions: of the validation crops; they are there where the metrics are.
        history: epochs of the final fit.
        trials: of the search.
        nucleus: the content of `nucleus.json`.
        explanations: the content of `explanations.json`.
        review: the content of `review.json`.
    """

    kind: Kind
    folder: ModelFolder
    config: dict[str, Any] | None
    metrics: dict[str, Any] | None
    predictions: Predictions | None
    history: tuple[Epoch, ...]
    trials: tuple[TriedOut, ...]
    nucleus: dict[str, Any] | None
    explanations: dict[str, Any] | None
    review: dict[str, Any] | None

    @property
    def architecture(self) -> str:
        """What network it is, in a word."""
        if self.kind is Kind.MODEL1:
            return "our ConvNet of eight layers, from scratch"
        if self.config is None:
            return "a pretrained network, fine-tuned"
        return f"{self.config['specification']['backbone']}, pretrained"


@dataclass(frozen=True)
class RunResults:
    """Of one run, or of a cross-validation, whose models hold the pooled figures.

    Attributes:
        name: of the part of the folder: "" where there is one run, else "random", "tiles" or "fold-1".
        folder: its files.
        record: the content of `run.json`; of a cross-validation, that of its first fold.
        settings: of the run.
        audit: the content of `audit.json`.
        models: by kind.
        folds: the runs of a cross-validation.
    """

    name: str
    folder: RunFolder
    record: dict[str, Any]
    settings: RunSettings
    audit: dict[str, Any] | None
    models: dict[Kind, ModelResults]
    folds: tuple["RunResults", ...] = ()

    @property
    def protocol(self) -> Protocol:
        """How the crops were split."""
        assert self.settings.split is not None  # a record holds the resolved one
        return self.settings.split

    @property
    def parts(self) -> tuple["RunResults", ...]:
        """The runs that fitted models: its folds, or itself."""
        return self.folds or (self,)

    def tiles(self, names: Sequence[str]) -> NDArray[np.int64] | None:
        """The tile of each of these crops, (N,); None where tiles are not known."""
        lines = read_split_lines(self.parts[0].folder.split)
        texts = [lines[name][1] for name in names]
        return np.array(texts).astype(np.int64) if all(texts) else None


@dataclass(frozen=True)
class Entry:
    """One model of one run: what a figure or a line of a table is about."""

    run: RunResults
    model: ModelResults

    @property
    def title(self) -> str:
        """The model, and which part of the folder it is from where there are several."""
        return f"{self.model.kind}, {self.run.name.replace('-', ' ')}" if self.run.name else str(self.model.kind)

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures of a model that was evaluated."""
        assert self.model.metrics is not None
        return self.model.metrics

    @property
    def predictions(self) -> Predictions:
        """The predictions of a model that was evaluated."""
        assert self.model.predictions is not None
        return self.model.predictions

    @property
    def found(self) -> Found:
        """What is known of a model that was evaluated, for sentences."""
        return Found(self.metrics, self.predictions, self.run.audit, self.model.nucleus)

    @property
    def seconds(self) -> float:
        """That all its stages took, those of all folds together."""
        return sum(
            float(seconds)
            for part in self.run.parts
            for stage, seconds in part.record["stages"].items()
            if stage.startswith(f"{self.model.kind}.")
        )


def read_results(path: Path) -> list[RunResults]:
    """The runs of a folder: one, or one under each protocol.

    Raises:
        RunFolderError: it is no run folder, holds no run that began, or a file in it is damaged.
    """
    names = _runs_in(path)
    if names is None:
        return [_read_run(path, "")]
    if set(names) != {str(protocol) for protocol in Protocol}:
        return [_read_folds(path, "", names)]
    found = [_read_part(path / name, name) for name in names if (path / name).is_dir()]
    if not found:
        raise RunFolderError(f'"{path}" holds no run that began ({", ".join(names)}); go on with --resume')
    return found


def _runs_in(path: Path) -> list[str] | None:
    """The names of the runs that a folder holds; None where it is a run itself."""
    if not (path / RUNS).is_file():
        return None
    names: list[str] = _read_json(path / RUNS)["runs"]
    return names


def _read_part(path: Path, name: str) -> RunResults:
    folds = _runs_in(path)
    return _read_run(path, name) if folds is None else _read_folds(path, name, folds)


def _read_folds(path: Path, name: str, names: list[str]) -> RunResults:
    folds = tuple(_read_run(path / fold, fold) for fold in names if RunFolder(path / fold).exists())
    if not folds:
        raise RunFolderError(f'"{path}" holds no run that began ({", ".join(names)}); go on with --resume')
    first = folds[0]
    return RunResults(
        name, RunFolder(path), first.record, first.settings, first.audit, _read_models(path, first.settings, []), folds
    )


def _read_run(path: Path, name: str) -> RunResults:
    folder = RunFolder(path)
    record = folder.read()
    settings = RunSettings.from_mapping(record["settings"], str(path / "run.json"))
    models = _read_models(path, settings, list(record["stages"]))
    return RunResults(name, folder, record, settings, _maybe_json(folder.audit), models)


def _read_models(path: Path, settings: RunSettings, done: list[str]) -> dict[Kind, ModelResults]:
    return {kind: _read_model(RunFolder(path).model(kind), kind, done) for kind in settings.models}


def _read_model(folder: ModelFolder, kind: Kind, done: list[str]) -> ModelResults:
    explained = f"{kind}.explain" in done  # after another fit, the maps that are left are of other weights
    evaluated = folder.metrics.is_file() and folder.predictions.is_file()
    return ModelResults(
        kind=kind,
        folder=folder,
        config=_maybe_json(folder.bundle / CONFIG_FILE),
        metrics=_maybe_json(folder.metrics) if evaluated else None,
        predictions=read_predictions(folder.predictions) if evaluated else None,
        history=tuple(read_history(folder.history)) if folder.history.is_file() else (),
        trials=tuple(read_tuning(folder.tuning_csv)) if folder.tuning_csv.is_file() else (),
        nucleus=_maybe_json(folder.nucleus) if explained else None,
        explanations=_maybe_json(folder.path / RECORD) if explained else None,
        review=_maybe_json(folder.review / REVIEW_RECORD),
    )


def _maybe_json(path: Path) -> dict[str, Any] | None:
    return _read_json(path) if path.is_file() else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as failure:
        raise RunFolderError(
            f'"{path}" is damaged ({failure}); expected what nucleoscope wrote: run that stage again'
        ) from failure
    return found
