"""Choose the crops that are worth explaining: a few of each class, for a stated reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Reason(StrEnum):
    """Why a crop was chosen, among the crops that truly are of its class."""

    SUREST_RIGHT = "surest right"
    SUREST_WRONG = "surest wrong"
    LEAST_SURE = "least sure"


@dataclass(frozen=True)
class Chosen:
    """A crop that was chosen.

    Attributes:
        index: position among the crops.
        true: class number of its label.
        predicted: class number with the highest probability.
        probability: of the predicted class.
        reason: why it was chosen.
    """

    index: int
    true: int
    predicted: int
    probability: float
    reason: Reason


def choose(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64], *, each: int = 1, seed: int = 0
) -> list[Chosen]:
    """For each true class the surest right, the surest wrong and the least sure crops, none of them twice.

    Sure is a high probability of the predicted class; least sure, a small lead of it over the second (Scheffer
    et al. 2001). A class that has no wrong crop, or too few crops, has fewer; one without crops has none.

    Args:
        probabilities: (N, C).
        labels: (N,) in 0..C-1.
        each: how many crops for each class and reason.
        seed: decides between crops that are equally sure.

    Returns:
        In the order of the classes, then of `Reason`.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    predicted = probabilities.argmax(axis=1)
    sureness = probabilities.max(axis=1)
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    chosen: list[Chosen] = []
    for true in range(probabilities.shape[1]):
        members = order[labels[order] == true]
        right = predicted[members] == true
        ranked = {
            Reason.SUREST_RIGHT: _by(-sureness, members[right]),
            Reason.SUREST_WRONG: _by(-sureness, members[~right]),
            Reason.LEAST_SURE: _by(first - second, members),
        }
        taken: set[int] = set()
        for reason, candidates in ranked.items():
            new = [int(i) for i in candidates if int(i) not in taken][:each]
            taken.update(new)
            chosen += [Chosen(i, true, int(predicted[i]), float(sureness[i]), reason) for i in new]
    return chosen


def _by(value: NDArray[np.floating[Any]], members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Members in ascending order of their value; the first stays first among equals."""
    return members[np.argsort(value[members], kind="stable")]
