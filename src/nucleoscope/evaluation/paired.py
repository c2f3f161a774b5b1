"""The difference of two classifiers on the same crops, with an interval: paired bootstrap.

Two accuracies that were measured on the same crops rise and fall together, so that the interval of their difference is
narrower than their own intervals suggest (Efron and Tibshirani 1993, chapter 8).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.intervals import LEAST_TILES, Interval

_DRAWS = 2000


@dataclass(frozen=True)
class PairedDifference:
    """By how much the second of two classifiers is right more often than the first; fractions.

    Attributes:
        crops: how many both were asked about.
        tiles: how many tiles were drawn; None where crops were.
        first: share of these crops that the first has right.
        second: the same of the second.
        only_first: crops that the first alone has right.
        only_second: crops that the second alone has right.
        interval: of the difference, 95 %; None where too few tiles allow none.
    """

    crops: int
    tiles: int | None
    first: float
    second: float
    only_first: int
    only_second: int
    interval: Interval | None

    @property
    def difference(self) -> float:
        """Accuracy of the second minus that of the first."""
        return self.second - self.first

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


def paired_difference(
    first: NDArray[np.bool_], second: NDArray[np.bool_], tile: NDArray[np.int64] | None = None, *, seed: int = 0
) -> PairedDifference:
    """Compare two classifiers crop by crop.

    Args:
        first: (N,) which crops the first has right, at least one crop.
        second: (N,) likewise, of the same crops in the same order.
        tile: (N,) tile of each crop, which are then drawn as a whole; None draws crops. Fewer than six tiles allow no
            interval, see `bootstrap_intervals`.
        seed: of the draws.
    """
    assert first.shape == second.shape, (first.shape, second.shape)
    gain = second.astype(np.int64) - first  # (N,) in -1..1
    tiles = None if tile is None else len(np.unique(tile))
    return PairedDifference(
        crops=len(gain),
        tiles=tiles,
        first=float(first.mean()),
        second=float(second.mean()),
        only_first=int((gain < 0).sum()),
        only_second=int((gain > 0).sum()),
        interval=None if tiles is not None and tiles < LEAST_TILES else _interval(gain, tile, seed),
    )


def _interval(gain: NDArray[np.int64], tile: NDArray[np.int64] | None, seed: int) -> Interval:
    random = np.random.default_rng(seed)
    if tile is None:
        # To draw N crops and add them up is to draw N times from the three values that a crop can have.
        shares = np.array([(gain == value).mean() for value in (-1, 0, 1)])
        drawn = random.multinomial(len(gain), shares, size=_DRAWS)  # (D, 3)
        means = (drawn[:, 2] - drawn[:, 0]) / len(gain)
    else:
        _, row = np.unique(tile, return_inverse=True)
        sums, crops = np.bincount(row, gain), np.bincount(row)  # (T,) each
        drawn = random.multinomial(len(crops), np.full(len(crops), 1 / len(crops)), size=_DRAWS)  # (D, T)
        means = drawn @ sums / (drawn @ crops)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)
