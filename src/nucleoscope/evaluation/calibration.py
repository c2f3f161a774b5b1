"""Calibration: does a model that says 90 % keep its word nine times in ten?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

_BINS = 15


@dataclass(frozen=True)
class ReliabilityBins:
    """Crops grouped by confidence; bins without crops are left out.

    Attributes:
        confidence: mean probability of the predicted class in each bin.
        accuracy: share of right crops in each bin.
        crops: number of crops in each bin.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    crops: NDArray[np.int64]


def reliability(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> ReliabilityBins:
    """Group predictions (N, C) into 15 bins of equal width by the probability of the predicted class."""
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    number = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    crops = np.bincount(number, minlength=_BINS)
    used = crops > 0
    return ReliabilityBins(
        confidence=np.bincount(number, confidence, _BINS)[used] / crops[used],
        accuracy=np.bincount(number, correct, _BINS)[used] / crops[used],
        crops=crops[used],
    )


def expected_calibration_error(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> float:
    """Mean distance of confidence and accuracy over the bins, by crops (Naeini et al. 2015)."""
    bins = reliability(probabilities, labels)
    return float(np.average(np.abs(bins.confidence - bins.accuracy), weights=bins.crops))


def fit_temperature(logits: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> float:
    """The temperature with the smallest cross-entropy (Guo et al. 2017, arXiv:1706.04599).

    Args:
        logits: (N, C) of crops that the model was not trained on and that are not reported.
        labels: (N,).

    Returns:
        What logits are to be divided by before softmax, between 0.05 and 20.
    """

    def cross_entropy(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(labels)), labels].mean())

    best = minimize_scalar(cross_entropy, bounds=(np.log(0.05), np.log(20.0)), method="bounded")
    return float(np.exp(best.x))
