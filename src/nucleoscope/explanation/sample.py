"""Choose crops to measure on, where all of them would take too long."""

import numpy as np
from numpy.typing import NDArray


def proportional(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of so many crops, or of all, each class with its share of them: they stand for the whole.

    Args:
        labels: (N,).
        count: how many crops at most.
        seed: of the choice.

    Returns:
        (min(count, N),) ascending.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    # Evenly spaced through the classes in turn: of each it takes its share, rounded up or down.
    taken = min(count, len(order))
    chosen: NDArray[np.int64] = np.sort(order[np.arange(taken) * len(order) // taken])
    return chosen


def even(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of so many crops, or of all, as many of each class as there can be: every class has its say.

    Args:
        labels: (N,).
        count: how many crops at most.
        seed: of the choice.

    Returns:
        (min(count, N),); the classes take turns, so that the first few are even too.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    turn = np.empty(len(labels), np.int64)  # how many crops of the same class come before
    for label in np.unique(labels):
        members = labels[order] == label
        turn[members] = np.arange(members.sum())
    chosen: NDArray[np.int64] = order[np.lexsort((labels[order], turn))][:count]
    return chosen
