"""Remedies for the confusions that a matrix shows: logit adjustment, and a table of what a remedy changes."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.metrics import confusion

_STRENGTHS = np.round(np.arange(-1.0, 2.01, 0.1), 1)


@dataclass(frozen=True)
class Outcome:
    """Recall with and without a remedy; fractions.

    Attributes:
        accuracy: share of right crops.
        balanced_accuracy: mean recall of the classes that occur.
        recall: by class name; None for a class without crops.
    """

    accuracy: float
    balanced_accuracy: float
    recall: dict[str, float | None]

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return asdict(self)


def outcome(scores: NDArray[np.floating[Any]], labels: NDArray[np.int64], classes: tuple[str, ...]) -> Outcome:
    """What the class with the largest score (N, C) gets right."""
    counts = confusion(labels, scores.argmax(axis=1), len(classes))
    support = counts.sum(axis=1)
    recall = np.diag(counts) / np.maximum(support, 1)
    return Outcome(
        accuracy=float(np.diag(counts).sum() / support.sum()),
        balanced_accuracy=float(recall[support > 0].mean()),
        recall={name: float(recall[c]) if support[c] else None for c, name in enumerate(classes)},
    )


def fit_adjustment(
    logits: NDArray[np.floating[Any]], labels: NDArray[np.int64], class_counts: NDArray[np.int64]
) -> tuple[float, NDArray[np.float64]]:
    """Logit adjustment (Menon et al. 2021, arXiv:2007.07314), its strength chosen on the given crops.

    The strength that gives the best balanced accuracy is taken; among equals the one nearest to none.

    Args:
        logits: (N, C) of crops that the model was not trained on and that are not reported.
        labels: (N,).
        class_counts: (C,) of the training crops, each at least 1.

    Returns:
        The strength, and what is to be added to the logits, (C,).
    """
    prior = np.log(class_counts / class_counts.sum())

    def balanced_accuracy(strength: float) -> float:
        counts = confusion(labels, (logits - strength * prior).argmax(axis=1), len(class_counts))
        support = counts.sum(axis=1)
        return float((np.diag(counts)[support > 0] / support[support > 0]).mean())

    strength = float(max(_STRENGTHS, key=lambda value: (round(balanced_accuracy(value), 9), -abs(value))))
    return strength, -strength * prior


def worst_pair(counts: NDArray[np.int64]) -> tuple[int, int] | None:
    """True and predicted class of the largest share of a class that goes to one other class.

    Args:
        counts: (C, C) confusion matrix, rows true.

    Returns:
        None if nothing is confused.
    """
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    np.fill_diagonal(share, 0.0)
    true, predicted = np.unravel_index(share.argmax(), share.shape)
    return (int(true), int(predicted)) if share[true, predicted] > 0 else None
