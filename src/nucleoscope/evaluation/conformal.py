"""Conformal prediction sets: which classes are possible, so that the true one is among them as often as promised."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SetFigures:
    """What prediction sets are worth on crops with known classes; fractions.

    Attributes:
        crops: how many crops were measured.
        coverage: share of crops whose set holds the true class.
        single: share of crops whose set has exactly one class: the model is sure.
        single_accuracy: share of right classes among these; None where there are none.
        several: share of crops whose set has two classes or more.
        empty: share of crops for which no class is likely enough.
        mean_size: classes in a set, on average.
    """

    crops: int
    coverage: float
    single: float
    single_accuracy: float | None
    several: float
    empty: float
    mean_size: float

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return asdict(self)


def fit_threshold(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64], coverage: float) -> float:
    """The least probability at which a class belongs to the set of possible ones.

    Split conformal prediction with the score 1 - p(true class), LAC (Sadinle, Lei and Wasserman 2019,
    arXiv:1609.00451): for crops that are drawn like the given ones, sets hold the true class with at least the wanted
    probability, whatever the model. For crops of other tissue nothing is promised.

    Args:
        probabilities: (N, C) of crops that the model was not trained on and that are not reported.
        labels: (N,).
        coverage: wanted, between 0 and 1.

    Returns:
        The threshold; 0, at which every class belongs to every set, where N is too small for the coverage.
    """
    true = np.sort(probabilities[np.arange(len(labels)), labels])  # ascending; the score in reverse
    rank = math.floor((len(true) + 1) * (1 - coverage) + 1e-9)  # the first crop that may not fall below
    return float(true[rank - 1]) if rank >= 1 else 0.0


def prediction_sets(probabilities: NDArray[np.floating[Any]], threshold: float) -> NDArray[np.bool_]:
    """Which classes belong to the set of each crop, (N, C)."""
    sets: NDArray[np.bool_] = probabilities >= threshold
    return sets


def measure_sets(sets: NDArray[np.bool_], labels: NDArray[np.int64]) -> SetFigures:
    """Measure sets (N, C) against labels (N,)."""
    size = sets.sum(axis=1)
    covered = sets[np.arange(len(labels)), labels]
    single = size == 1
    return SetFigures(
        crops=len(labels),
        coverage=float(covered.mean()),
        single=float(single.mean()),
        single_accuracy=float(covered[single].mean()) if single.any() else None,
        several=float((size > 1).mean()),
        empty=float((size == 0).mean()),
        mean_size=float(size.mean()),
    )
