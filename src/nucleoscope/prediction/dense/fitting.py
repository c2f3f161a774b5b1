"""Fitting the lens to fields with known nuclei, and measuring how often both engines decide alike."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.dense.engine import DenseEngine
from nucleoscope.prediction.dense.lens import LensFit
from nucleoscope.prediction.dense.network import DenseNetwork
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.logits import Progress
from nucleoscope.prediction.probabilities import to_probabilities


def fit_engine(bundle: Bundle, fields: Iterable[Field], progress: Progress | None = None) -> DenseEngine:
    """Fit the lens of a dense engine to what the bundle's network makes of the crops around all nuclei of fields.

    Labels are not used. The fields must be of the training part, and their decisions say nothing about agreement.

    Raises:
        ConfigError: the network cannot be cut, see `cut_network`.
        ValueError: there is no nucleus.
    """
    network = DenseNetwork(bundle)
    fit: LensFit | None = None
    chosen = list(fields)
    total, done = sum(len(field) for field in chosen), 0
    for field in chosen:
        for windows in network.windows(field):
            if fit is None:
                places, _, inputs = windows.features.shape
                fit = LensFit(places, inputs, network.outputs)
            fit.add(windows.features, network.crop_windows(field, windows.index))
            done += len(windows.index)
            if progress:
                progress(done, total)
    if fit is None:
        raise ValueError("a lens cannot be fitted to fields without nuclei")
    return DenseEngine(network, fit.solve().to(network.device))


@dataclass(frozen=True)
class Agreement:
    """How the dense engine decides compared with the crop engine.

    Attributes:
        nuclei: that were compared.
        share: of them with the same likeliest class.
        glance: the same without second looks.
        second_looks: share of nuclei that got one.
    """

    nuclei: int
    share: float
    glance: float
    second_looks: float


def measure_agreement(engine: DenseEngine, fields: Iterable[Field]) -> Agreement:
    """Compare a dense engine with the crop engine of its bundle, on all nuclei of fields with at least one."""
    bundle = engine.network.bundle
    crop, glance, doubtful = [], [], []
    for field in fields:
        crop.append(to_probabilities(predict_crops_of(bundle, field), bundle.config).argmax(axis=1))
        logits = engine.glance(field)
        glance.append(to_probabilities(logits, bundle.config).argmax(axis=1))
        doubtful.append(engine.doubts(logits))
    same, second = np.concatenate(crop) == np.concatenate(glance), np.concatenate(doubtful)
    return Agreement(len(same), float((same | second).mean()), float(same.mean()), float(second.mean()))
