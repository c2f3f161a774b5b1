"""Cross-validation: K runs, each validated on another fold, and the figures of all their predictions together."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.errors import ConfigError
from nucleoscope.evaluation.metrics import Metrics, confusion, evaluate, quote
from nucleoscope.evaluation.plots.confusion import plot_confusion
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.evaluate import alone_record, write_tables
from nucleoscope.pipeline.folder import ModelFolder, RunFolder
from nucleoscope.pipeline.reporter import Reporter, Silent
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.pipeline.several import begin_several
from nucleoscope.prediction.table import Predictions, read_predictions


def run_folds(
    source: str | Path,
    out: str | Path,
    folds: int,
    settings: RunSettings | None = None,
    *,
    test: Path | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
) -> RunFolder:
    """Train K times and pool the predictions for crops that each model was not trained on.

    Every fold is a run of its own in `fold-1`, `fold-2`, ...: what is chosen in it (settings, epoch, temperature) is
    chosen without the crops that it is measured on. Tables and figures of all crops are in `model1/`, `model2/`.

    Args:
        source: labelled crops, as for `run`.
        out: a new or empty folder.
        folds: K, 2 or more.
        settings: of each run.
        test: as for `run`; it is read and not predicted.
        resume: go on where a stopped cross-validation was.
        reporter: is told what happens.

    Returns:
        The folder.

    Raises:
        NucleoscopeError: the data, a setting or the folder cannot be used.
    """
    settings, reporter, out = settings or RunSettings(), reporter or Silent(), Path(out)
    if folds < 2:
        raise ConfigError(f"folds is {folds}; expected 2 or more")
    names = [f"fold-{number}" for number in range(1, folds + 1)]
    begin_several(out, names, resume)
    runs = []
    for number, name in enumerate(names, start=1):
        reporter.say(f"fold {number} of {folds}")
        one = dataclasses.replace(settings, fold=(number, folds))
        begun = (out / name).exists()
        runs.append(run(source, out / name, one, test=test, resume=begun, reporter=reporter))
    folder = RunFolder(out)
    for kind in settings.models:
        pool(runs, kind, folder.model(kind), settings.seed, reporter)
    reporter.say("Research use only.")
    return folder


def pool(runs: list[RunFolder], kind: Kind, folder: ModelFolder, seed: int, reporter: Reporter) -> Metrics:
    """Measure the predictions of all folds of one model together; write them, the confusion and the metrics."""
    found = [read_predictions(one.model(kind).predictions) for one in runs]
    pooled = _join(found)
    records = [json.loads(one.model(kind).metrics.read_text(encoding="utf-8")) for one in runs]
    protocol = Protocol(records[0]["protocol"])
    tile = _tiles(runs[0], pooled.names) if protocol is Protocol.TILES else None
    metrics = evaluate(pooled.probabilities, pooled.labels, pooled.classes, protocol, tile=tile, seed=seed)
    write_tables(folder, pooled)
    counts = confusion(pooled.labels, pooled.probabilities.argmax(axis=1), len(pooled.classes))
    title = f"{kind}, {len(runs)} folds pooled"
    plot_confusion(folder.confusion_png, counts, pooled.classes, title=title, protocol=protocol)
    record = {"seed": seed, "folds": [_of_fold(record) for record in records]} | _pooled_alone(records)
    write_json(folder.metrics, metrics.to_mapping() | record)
    each = ", ".join(f"{record['accuracy']:.1%}" for record in records)
    reporter.say(
        f"{kind}, {len(runs)} folds pooled: "
        f"{quote(metrics.accuracy, metrics.accuracy_ci95, protocol, metrics.crops)}; fold by fold {each}"
    )
    return metrics


def _join(found: list[Predictions]) -> Predictions:
    return Predictions(
        names=tuple(name for one in found for name in one.names),
        classes=found[0].classes,
        labels=np.concatenate([one.labels for one in found]),
        probabilities=np.concatenate([one.probabilities for one in found]),
    )


def _tiles(one: RunFolder, names: tuple[str, ...]) -> NDArray[np.int64]:
    """The tile of each of these crops, (N,), from the split of any fold: all have the same tiles."""
    lines = read_split_lines(one.split)
    return np.array([lines[name][1] for name in names]).astype(np.int64)


def _pooled_alone(records: list[dict[str, Any]]) -> dict[str, Any]:
    """What is right of all crops if nothing around them is known, where the folds say so."""
    folds = [record["alone"] for record in records if "alone" in record]
    if len(folds) < len(records):
        return {}
    crops = sum(fold["crops"] for fold in folds)
    accuracy = sum(fold["accuracy"] * fold["crops"] for fold in folds) / crops
    return {"alone": alone_record(accuracy, crops, Protocol(records[0]["protocol"]))}


def _of_fold(record: dict[str, Any]) -> dict[str, Any]:
    """What `metrics.json` keeps of one fold."""
    names = ("accuracy", "balanced_accuracy", "macro_f1", "ece", "crops", "train_accuracy", "temperature")
    return {name: record[name] for name in names} | {
        "recall": {name: figures["recall"] for name, figures in record["per_class"].items() if figures["support"]}
    }
