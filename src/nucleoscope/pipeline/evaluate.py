"""The figures of one model on the validation crops."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.calibration import expected_calibration_error
from nucleoscope.evaluation.metrics import Metrics, confusion, evaluate
from nucleoscope.evaluation.plots.confusion import plot_confusion
from nucleoscope.evaluation.plots.reliability import plot_reliability
from nucleoscope.files import write_csv, write_json, write_text
from nucleoscope.models.bundle import CARD_FILE, Bundle, load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.card import model_card
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.remedy import remedy_record
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.sets import set_record
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.probabilities import to_probabilities, uncalibrated
from nucleoscope.prediction.table import write_predictions
from nucleoscope.runtime import default_device


def evaluate_model(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> Metrics:
    """Predict the validation crops; write metrics, predictions, confusion, reliability and the model card."""
    bundle = load_bundle(folder.bundle, default_device())
    with reporter.bar(f"{kind}: predicting all labelled crops") as bar:
        images = prepared.dataset.crops.images
        logits = predict_logits(bundle.model, images, device=default_device(), progress=bar).numpy()
    val = prepared.split.val
    probabilities = to_probabilities(logits, bundle.config)
    metrics = evaluate(
        probabilities[val],
        prepared.examples("val").targets,
        prepared.classes,
        prepared.protocol,
        tile=prepared.validation_tiles,
        seed=prepared.settings.seed,
    )
    _write_tables(prepared, folder, probabilities[val])
    _draw(
        prepared, kind, folder, probabilities[val], uncalibrated(logits[val], bundle.config), bundle.config.temperature
    )
    write_text(folder.bundle / CARD_FILE, model_card(bundle.config, metrics))
    sets = set_record(prepared, folder, bundle.config, probabilities[val])
    write_json(folder.metrics, _record(prepared, folder, bundle, logits, metrics) | {"conformal": sets})
    reporter.say(f"{kind}: {metrics.sentence()}")
    reporter.say(f"{kind}: {sets['sentence']}")
    return metrics


def _record(
    prepared: Prepared, folder: ModelFolder, bundle: Bundle, logits: NDArray[np.float32], metrics: Metrics
) -> dict[str, Any]:
    """The content of `metrics.json`."""
    val, train = prepared.examples("val"), prepared.examples("train")
    hits = to_probabilities(logits[train.index], bundle.config).argmax(axis=1) == train.targets
    before = uncalibrated(logits[val.index], bundle.config)
    return metrics.to_mapping() | {
        "train_accuracy": float(hits.mean()),
        "seed": prepared.settings.seed,
        "temperature": bundle.config.temperature,
        "ece_before_temperature": expected_calibration_error(before, val.targets),
        "remedy": remedy_record(prepared, folder, logits[val.index]),
    }


def _write_tables(prepared: Prepared, folder: ModelFolder, probabilities: NDArray[np.float64]) -> None:
    val = prepared.examples("val")
    names = [prepared.dataset.crops.names[i] for i in val.index]
    write_predictions(folder.predictions, names, prepared.classes, probabilities, val.targets)
    counts = confusion(val.targets, probabilities.argmax(axis=1), val.n_classes)
    rows = [[name, *row] for name, row in zip(prepared.classes, counts.tolist(), strict=True)]
    write_csv(folder.confusion_csv, ["true", *prepared.classes], rows)


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
