"""What the prediction sets of one model are worth on the validation crops, in figures and in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.conformal import SetFigures, measure_sets, prediction_sets
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.pipeline.choice import read_choice
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared


def set_record(
    prepared: Prepared, folder: ModelFolder, config: BundleConfig, probabilities: NDArray[np.float64]
) -> dict[str, Any]:
    """The entry `conformal` of `metrics.json`.

    The threshold comes from the `select` crops and the fit that did not see them. The model that is measured was
    fitted on these too, so that it is a little surer than the one that the threshold was made for.

    Args:
        prepared: crops and split.
        folder: of the model.
        config: of its bundle.
        probabilities: (M, C) of the validation crops.
    """
    assert config.coverage is not None  # the bundle comes from the train stage of this run
    assert config.set_threshold is not None
    figures = measure_sets(prediction_sets(probabilities, config.set_threshold), prepared.examples("val").targets)
    return {
        "protocol": prepared.protocol,
        "wanted_coverage": config.coverage,
        "threshold": config.set_threshold,
        "calibrated_on": {"part": "select", "crops": read_choice(folder.selection).select_crops},
        "exchangeable": prepared.protocol is Protocol.RANDOM,
        **figures.to_mapping(),
        "sentence": set_sentence(figures, config.coverage, prepared.protocol),
    }


def set_sentence(figures: SetFigures, wanted: float, protocol: Protocol) -> str:
    """What the figures mean, in plain words."""
    if figures.single_accuracy is None:
        sure = "sure of one class for none of the crops"
    else:
        sure = f"sure of one class for {figures.single:.1%} of the crops, {figures.single_accuracy:.1%} of them right"
    promise = (
        f"its sets hold the true class for {figures.coverage:.1%} where {wanted:.0%} was asked for "
        f"({protocol} split, {figures.crops:,} validation crops)"
    )
    if protocol is Protocol.RANDOM:
        return f"{sure}; {promise}"
    return f"{sure}; {promise}; new tiles are unlike those the sets were made on, so that nothing is promised for them"
