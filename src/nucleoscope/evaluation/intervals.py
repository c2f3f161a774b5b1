"""Bootstrap intervals of an accuracy, over what was drawn independently: crops, or whole tiles."""

import numpy as np
from numpy.typing import NDArray

_DRAWS = 2000


def accuracy_interval(
    correct: NDArray[np.bool_], tile: NDArray[np.int64] | None = None, *, seed: int = 0
) -> tuple[float, float]:
    """The 95 % percentile interval of an accuracy (Efron and Tibshirani 1993, chapter 13).

    Crops of one tile are alike, so that a draw over crops would promise too much about new tiles: where tiles
    are given, whole tiles are drawn (cluster bootstrap).

    Args:
        correct: (N,) whether each crop was right.
        tile: (N,) tile of each crop, or None to draw crops.
        seed: of the draws.

    Returns:
        Lower and upper end, fractions.
    """
    generator = np.random.default_rng(seed)
    if tile is None:
        # Drawing N crops with replacement and counting the right ones is one binomial draw.
        accuracies = generator.binomial(len(correct), correct.mean(), size=_DRAWS) / len(correct)
    else:
        _, cluster = np.unique(tile, return_inverse=True)
        hits = np.bincount(cluster, weights=correct)
        sizes = np.bincount(cluster)
        drawn = generator.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=_DRAWS)  # (draws, T)
        accuracies = (drawn @ hits) / (drawn @ sizes)
    low, high = np.quantile(accuracies, [0.025, 0.975])
    return float(low), float(high)
