"""Intervals of an accuracy, by what was drawn independently: crops, or whole tiles."""

import math

import numpy as np
from numpy.typing import NDArray

_DRAWS = 2000
_LEAST_TILES = 6
_Z = 1.959964  # of a two-sided 95 % interval


def accuracy_interval(
    correct: NDArray[np.bool_], tile: NDArray[np.int64] | None = None, *, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % interval of an accuracy.

    Over crops it is Wilson's (1927). Crops of one tile are alike, so that it would promise too much about new
    tiles: where tiles are given, whole tiles are drawn with replacement (cluster bootstrap, percentiles; Efron and
    Tibshirani 1993), and the interval is at least as wide as that over crops.

    Args:
        correct: (N,) whether each crop was right.
        tile: (N,) tile of each crop, or None for crops drawn one by one.
        seed: of the draws.

    Returns:
        Lower and upper end, fractions; None where fewer than six tiles allow none.
    """
    low, high = _wilson(int(correct.sum()), len(correct))
    if tile is None:
        return low, high
    _, cluster = np.unique(tile, return_inverse=True)
    sizes = np.bincount(cluster)
    if len(sizes) < _LEAST_TILES:
        return None
    hits = np.bincount(cluster, weights=correct)
    drawn = np.random.default_rng(seed).multinomial(
        len(sizes), np.full(len(sizes), 1 / len(sizes)), size=_DRAWS
    )  # (draws, T)
    accuracies = (drawn @ hits) / (drawn @ sizes)
    tile_low, tile_high = np.quantile(accuracies, [0.025, 0.975])
    return min(low, float(tile_low)), max(high, float(tile_high))


def _wilson(hits: int, count: int) -> tuple[float, float]:
    """Wilson's score interval of a proportion; it has a width also where all or none are right."""
    share, spread = hits / count, _Z**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)
