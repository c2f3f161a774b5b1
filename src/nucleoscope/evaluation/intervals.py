"""Intervals of what is measured, by what was drawn independently: crops, or whole tiles."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_DRAWS = 2000
LEAST_TILES = 6
"""Tiles, below which no interval is given: drawing so few with replacement says next to nothing."""
_Z = 1.959964  # of a two-sided 95 % interval

Interval = tuple[float, float]
"""Lower and upper end, fractions."""


@dataclass(frozen=True)
class Intervals:
    """95 % intervals of the figures of one set of predictions; all None where too few tiles allow none.

    Attributes:
        accuracy: share of right crops; at least as wide as Wilson's interval (1927) over crops, which has a width
            also where all or none are right.
        balanced_accuracy: mean recall of the classes that occur.
        macro_f1: mean F1 of the classes that occur.
        recall: of each class; None for a class that does not occur, or on too few tiles for an interval.
    """

    accuracy: Interval | None
    balanced_accuracy: Interval | None
    macro_f1: Interval | None
    recall: tuple[Interval | None, ...]


def bootstrap_intervals(
    labels: NDArray[np.int64],
    predicted: NDArray[np.int64],
    n_classes: int,
    tile: NDArray[np.int64] | None = None,
    *,
    seed: int = 0,
) -> Intervals:
    """Percentile bootstrap (Efron and Tibshirani 1993) over crops, or over tiles where they are given.

    Crops of one tile are alike, so that drawing crops would promise too much about new tiles; whole tiles are then
    drawn with replacement (cluster bootstrap), and fewer than six of them allow no interval.

    Args:
        labels: (N,) in 0..C-1.
        predicted: (N,) likewise.
        n_classes: C.
        tile: (N,) tile of each crop, or None for crops drawn one by one.
        seed: of the draws.
    """
    random = np.random.default_rng(seed)
    cell = labels * n_classes + predicted
    cells = n_classes * n_classes
    tiles_of_class = np.full(n_classes, LEAST_TILES)
    if tile is None:
        # To draw N crops and count them is to draw N times from the cells of the confusion matrix.
        drawn = random.multinomial(len(cell), np.bincount(cell, minlength=cells) / len(cell), size=_DRAWS)
    else:
        counts = _counts_by_tile(cell, cells, tile)  # (T, C * C)
        if len(counts) < LEAST_TILES:
            return Intervals(None, None, None, (None,) * n_classes)
        even = np.full(len(counts), 1 / len(counts))
        drawn = random.multinomial(len(counts), even, size=_DRAWS) @ counts
        tiles_of_class = (counts.reshape(-1, n_classes, n_classes).sum(axis=2) > 0).sum(axis=0)
    low, high = _wilson(int((labels == predicted).sum()), len(labels))
    return _intervals(drawn.reshape(-1, n_classes, n_classes), tiles_of_class, (low, high))


def _counts_by_tile(cell: NDArray[np.int64], cells: int, tile: NDArray[np.int64]) -> NDArray[np.int64]:
    """Crops of each tile in each cell of the confusion matrix, (T, C * C)."""
    numbers, row = np.unique(tile, return_inverse=True)
    counts = np.zeros((len(numbers), cells), np.int64)
    np.add.at(counts, (row, cell), 1)
    return counts


def _intervals(matrices: NDArray[Any], tiles_of_class: NDArray[np.int64], at_least: Interval) -> Intervals:
    """Intervals over drawn confusion matrices, (D, C, C), rows true."""
    hits = np.diagonal(matrices, axis1=1, axis2=2)  # (D, C)
    support, claimed = matrices.sum(axis=2), matrices.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hits / support  # NaN where a draw has no crop of a class
        f1 = np.where(support > 0, 2 * hits / (support + claimed), np.nan)
    low, high = _percentiles(hits.sum(axis=1) / support.sum(axis=1))
    occurs = support.any(axis=0)
    return Intervals(
        accuracy=(min(low, at_least[0]), max(high, at_least[1])),
        balanced_accuracy=_percentiles(np.nanmean(recall, axis=1)),
        macro_f1=_percentiles(np.nanmean(f1, axis=1)),
        recall=tuple(
            _percentiles(recall[:, c]) if occurs[c] and tiles_of_class[c] >= LEAST_TILES else None
            for c in range(len(occurs))
        ),
    )


def _percentiles(values: NDArray[np.float64]) -> Interval:
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def _wilson(hits: int, count: int) -> Interval:
    """Wilson's score interval of a proportion."""
    share, spread = hits / count, _Z**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
