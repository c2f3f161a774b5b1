"""The figures of one model on the validation crops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.at_once import pictures_at_once
from nucleoscope.data.concealing import without_surroundings
from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.calibration import expected_calibration_error
from nucleoscope.evaluation.metrics import Metrics, confusion, evaluate
from nucleoscope.evaluation.plots.confusion import plot_confusion
from nucleoscope.evaluation.plots.reliability import plot_reliability
from nucleoscope.files import write_csv, write_json
from nucleoscope.models.bundle import Bundle, load_bundle, write_config
from nucleoscope.models.measured import Measured, with_measured
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.card import write_card
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.remedy import remedy_record
from nucleoscope.pipeline.reporter import Bar, Reporter
from nucleoscope.pipeline.sets import set_record
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.probabilities import to_probabilities, uncalibrated
from nucleoscope.prediction.table import Predictions, write_predictions
from nucleoscope.runtime import default_device
from nucleoscope.training.examples import Examples


def evaluate_model(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> Metrics:
    """Predict the validation crops; write metrics, also into the bundle, tables, pictures and the model card."""
    bundle = load_bundle(folder.bundle, default_device())
    with reporter.bar(f"{kind}: predicting the validation crops") as bar:
        logits = _predict(bundle, prepared.examples("val"), bundle.config.views, bar)
    with reporter.bar(f"{kind}: predicting the training crops") as bar:
        train_logits = _predict(bundle, prepared.examples("train"), 1, bar)  # a glance; all views would take minutes
    probabilities = to_probabilities(logits, bundle.config)
    metrics = evaluate(
        probabilities,
        prepared.examples("val").targets,
        prepared.classes,
        prepared.protocol,
        tile=prepared.validation_tiles,
        seed=prepared.settings.seed,
    )
    names = tuple(prepared.dataset.crops.names[i] for i in prepared.split.val)
    labels = prepared.examples("val").targets
    write_tables(folder, Predictions(names, prepared.classes, labels, probabilities))
    _draw(prepared, kind, folder, probabilities, uncalibrated(logits, bundle.config), bundle.config.temperature)
    sets = set_record(prepared, folder, bundle.config, probabilities)
    record = _record(prepared, folder, bundle, logits, metrics)
    if prepared.surroundings > 1:
        record |= _alone(prepared, kind, bundle, reporter)
    write_config(folder.bundle, with_measured(bundle.config, _measured(metrics, record)))
    hits = to_probabilities(train_logits, bundle.config).argmax(axis=1) == prepared.examples("train").targets
    write_json(folder.metrics, record | {"train_accuracy": float(hits.mean()), "conformal": sets})
    write_card(folder, bundle.config)
    reporter.say(f"{kind}: {metrics.sentence()}")
    reporter.say(f"{kind}: {sets['sentence']}")
    if "alone" in record:
        reporter.say(f"{kind}: {record['alone']['sentence']}")
    return metrics


def _predict(bundle: Bundle, examples: Examples, views: int, bar: Bar) -> NDArray[np.float32]:
    """Logits (M, C) of the crops of a part."""
    logits: NDArray[np.float32] = predict_logits(
        bundle.model, examples.images, examples.index, device=default_device(), views=views, progress=bar
    ).numpy()
    return logits


def _alone(prepared: Prepared, kind: Kind, bundle: Bundle, reporter: Reporter) -> dict[str, Any]:
    """What is right of the validation crops if nothing around them is known: `alone` in `metrics.json`."""
    val, found = prepared.examples("val"), []
    step = pictures_at_once(len(val), *val.size)
    with reporter.bar(f"{kind}: predicting crops alone") as bar:
        for start in range(0, len(val), step):
            some = val.index[start : start + step]
            pictures = np.stack([without_surroundings(val.images[crop], prepared.surroundings) for crop in some])
            views, device = bundle.config.views, default_device()
            found.append(predict_logits(bundle.model, pictures, device=device, views=views).numpy())
            bar(start + len(some), len(val))
    right = to_probabilities(np.concatenate(found), bundle.config).argmax(axis=1) == val.targets
    return {"alone": alone_record(float(right.mean()), len(val), prepared.protocol)}


def alone_record(accuracy: float, crops: int, protocol: Protocol) -> dict[str, Any]:
    """What `metrics.json` says of crops around which nothing is known."""
    sentence = (
        f"{accuracy:.1%} accuracy where nothing but the crop itself is known ({protocol} split, {crops:,} validation "
        "crops)"
    )
    return {"accuracy": accuracy, "crops": crops, "sentence": sentence}


def _measured(metrics: Metrics, record: dict[str, Any]) -> Measured:
    """What the bundle keeps of the figures."""
    return Measured(
        protocol=str(metrics.protocol),
        crops=metrics.crops,
        seed=record["seed"],
        accuracy=metrics.accuracy,
        accuracy_ci95=metrics.accuracy_ci95,
        balanced_accuracy=metrics.balanced_accuracy,
        macro_f1=metrics.macro_f1,
        ece=metrics.ece,
        alone=record["alone"]["accuracy"] if "alone" in record else None,
    )


def _record(
    prepared: Prepared, folder: ModelFolder, bundle: Bundle, logits: NDArray[np.float32], metrics: Metrics
) -> dict[str, Any]:
    """The content of `metrics.json`."""
    before = uncalibrated(logits, bundle.config)
    return metrics.to_mapping() | {
        "views": bundle.config.views,
        "seed": prepared.settings.seed,
        "temperature": bundle.config.temperature,
        "ece_before_temperature": expected_calibration_error(before, prepared.examples("val").targets),
        "remedy": remedy_record(prepared, folder, logits),
    }


def write_tables(folder: ModelFolder, found: Predictions) -> None:
    """Write `predictions.csv` and `confusion.csv`."""
    write_predictions(folder.predictions, found.names, found.classes, found.probabilities, found.labels)
    counts = confusion(found.labels, found.probabilities.argmax(axis=1), len(found.classes))
    rows = [[name, *row] for name, row in zip(found.classes, counts.tolist(), strict=True)]
    write_csv(folder.confusion_csv, ["true", *found.classes], rows)


def _draw(
    prepared: Prepared,
    kind: Kind,
    folder: ModelFolder,
    probabilities: NDArray[np.float64],
    before: NDArray[np.float64],
    temperature: float,
) -> None:
    labels = prepared.examples("val").targets
    counts = confusion(labels, probabilities.argmax(axis=1), len(prepared.classes))
    plot_confusion(folder.confusion_png, counts, prepared.classes, title=kind, protocol=prepared.protocol)
    plot_reliability(
        folder.reliability, before, probabilities, labels, temperature, title=kind, protocol=prepared.protocol
    )
