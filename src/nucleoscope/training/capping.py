"""At most so many crops of each group: a few large tiles would otherwise be most of what a model sees."""

import math

import numpy as np
from numpy.typing import NDArray


def room_for_each(group: NDArray[np.int64], least: int) -> int:
    """How many of each group an epoch takes: `least`, or as many as a group has on average if that is more.

    So groups of one size are never cut, however large they are.

    Args:
        group: (M,) of each crop.
        least: number below which no group is cut.
    """
    groups = len(np.unique(group))
    return max(least, math.ceil(len(group) / groups)) if groups else least


def first_of_each(group: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Whether each of M things is among the first `most` of its group, (M,), by the groups (M,)."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    start = np.searchsorted(ordered, ordered)  # of each thing's group
    kept = np.empty(len(group), np.bool_)
    kept[order] = np.arange(len(group)) - start < most
    return kept
