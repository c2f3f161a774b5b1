"""Logits of all nuclei of a field by the engine that suits the bundle."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.dense.storing import LEAST_AGREEMENT, load_engine, read_record
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.logits import Progress

FieldEngine = Callable[[Field, Progress | None], NDArray[np.float32]]
"""Takes a field, and returns logits (N, C) of its nuclei in their order."""


def field_engine(bundle: Bundle) -> tuple[FieldEngine, str]:
    """The dense engine where the bundle has one that agrees well enough with the crop engine, which else it is.

    Args:
        bundle: its dense engine is in the folder that it was loaded from.

    Returns:
        The engine, and which it is and why, in words.

    Raises:
        RunFolderError: there is a dense engine of other weights, or a damaged one.
    """
    record = None if bundle.folder is None else read_record(bundle.folder)

    def crops(field: Field, progress: Progress | None = None) -> NDArray[np.float32]:
        return predict_crops_of(bundle, field, progress)

    if record is None:
        return crops, "crop engine: the bundle has no dense engine"
    measured = (
        f"the dense engine decides alike on {record.agreement:.1%} of {record.nuclei:,} nuclei of {record.measured_on} "
        f"({record.protocol} split)"
    )
    if record.agreement < LEAST_AGREEMENT:
        return crops, f"crop engine: {measured}, less than {LEAST_AGREEMENT:.0%}"
    return load_engine(bundle).predict_logits, f"dense engine: {measured}"
