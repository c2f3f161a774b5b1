"""Predictions of one model for crops without labels: the test set of a run, or any crops for a bundle."""

from pathlib import Path

from nucleoscope.data.crops import Crops
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError
from nucleoscope.evaluation.conformal import prediction_sets
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.engines.catalogue import AUTO, TORCH
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.probabilities import predict_probabilities
from nucleoscope.prediction.resolution import is_alone, to_resolution
from nucleoscope.prediction.table import write_predictions, write_submission
from nucleoscope.runtime import default_device


def predict_test(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Write `submission.csv` for the test set, in the order of the example where there is one.

    PyTorch predicts: which engine is fastest is a measurement, and the same seed shall give the same file.

    Raises:
        DataError: there is no test set.
    """
    dataset = prepared.dataset
    if dataset.test is None:
        raise DataError("the data has no test set; expected a folder or zip named test, or --test PATH")
    bundle = load_bundle(folder.bundle, default_device())
    with reporter.bar(f"{kind}: test crops") as bar:
        probabilities = predict_probabilities(bundle, dataset.test.images, bar, engine=TORCH)
    write_submission(folder.submission, dataset.test.names, bundle.config.label_values, probabilities)
    reporter.say(f"{kind}: {len(dataset.test):,} test crops predicted: {folder.submission}")


def predict_crops(
    bundle: Bundle, crops: Crops, out: Path, reporter: Reporter, *, with_sets: bool = False, engine: str = AUTO
) -> None:
    """Write a table of predictions for crops, if wanted with the set of possible classes of each.

    Args:
        bundle: that predicts.
        crops: without labels.
        out: the CSV.
        reporter: is told what happens.
        with_sets: add the sets.
        engine: name of an engine, see `prediction.engines`.

    Raises:
        DataError: the crops are not of the size that the bundle was made for, or sets are wanted and it has none.
        ConfigError: there is no engine of this name.
        EngineError: the engine cannot be used.
    """
    threshold = bundle.config.set_threshold
    if with_sets and threshold is None:
        raise DataError("the bundle has no threshold for sets of possible classes: leave --sets out, or train again")
    fitting = to_resolution(crops, bundle.config)
    pictures, seen = (f"{found.size[1]}x{found.size[0]}" for found in (crops, fitting))
    alone = is_alone(crops, bundle.config)
    same = not crops.mpp or not bundle.config.mpp or same_resolution(crops.mpp, bundle.config.mpp)
    if fitting is not crops and not (alone and same):
        reporter.say(
            f"crops of {pictures} pixels at {crops.mpp:g} um/pixel were resampled to the model's "
            f"{bundle.config.mpp:g} um/pixel" + ("" if alone else f" and cut to {seen}")
        )
    if alone:
        reporter.say(
            f"crops of {pictures} pixels show less than the {seen} that the model can see around a nucleus: without "
            "the rest it is right less often"
        )
    runner = choose_engine(bundle, engine, fitting.images)
    if runner.note:
        reporter.say(runner.note)
    with reporter.bar(f"predicting with {runner.name}") as bar:
        probabilities = predict_probabilities(bundle, fitting.images, bar, engine=runner)
    sets = prediction_sets(probabilities, threshold) if with_sets and threshold is not None else None
    write_predictions(out, crops.names, bundle.config.classes, probabilities, sets=sets)
    reporter.say(f"{len(crops):,} crops predicted: {out}")
    if sets is not None:
        sure = float((sets.sum(axis=1) == 1).mean())
        reporter.say(
            f"{sure:.1%} of them have exactly one possible class, at a coverage of {bundle.config.coverage:.0%} on "
            "crops like those of the training; on other tissue nothing is promised"
        )
