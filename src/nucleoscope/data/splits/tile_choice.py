"""Choosing whole tiles so that every class is shared out in the wanted proportion.

Tiles are few and lopsided: one may hold a third of a class and nothing else. The best choice is a subset-sum
problem in all classes at once; local search from random starts, by moving one tile or swapping two, solves
it well enough in milliseconds.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FINE = 0.005
"""Distance from the wanted shares, root mean square over the classes, at which a search stops."""

NEAR = 0.05
"""The same distance, at which no other draw is made.

The best of many draws would be the same for every seed in the tiles of a class that has few of them. Splits that
are a little less even but differ show how much a result depends on the tissue.
"""

_DRAWS = 16  # at most
_MOST_SWAPS = 4096  # pairs tried in a step; a random selection where there are more
_MOST_STEPS = 1000


def share_out(
    counts: NDArray[np.int64], val_fraction: float, select_fraction: float, random: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Choose the tiles of val, and from the rest those of select; all others are those of fit.

    Args:
        counts: (T, C) crops of each class on each tile, at least one on a tile.
        val_fraction: share of each class to take for val, 0..1.
        select_fraction: share of each class to take for select, of what val leaves, 0..1.
        random: source of the starts.

    Returns:
        val and select, (T,) masks: the best of the draws up to the first in which both are near.
    """
    draws = []
    for _ in range(_DRAWS):
        val = take_tiles(counts, val_fraction, stay=2, random=random)  # one for fit and one for select
        select = take_tiles(counts[~val.taken], select_fraction, stay=1, random=random)
        draws.append((val, select))
        if val.near and select.near:
            break
    val, select = min(draws, key=lambda draw: draw[0].cost + draw[1].cost)
    selected = np.zeros(len(counts), np.bool_)
    selected[~val.taken] = select.taken
    return val.taken, selected


@dataclass(frozen=True)
class Choice:
    """Tiles that were taken.

    Attributes:
        taken: (T,) mask of the tiles taken; the others stay.
        cost: mean over the classes, and all crops as one class more, of the squared distance between the share
            taken and the share wanted, plus 1 for each tile that a class is short of on either side.
    """

    taken: NDArray[np.bool_]
    cost: float

    @property
    def near(self) -> bool:
        """Whether it is good enough to keep."""
        return self.cost <= NEAR**2


def take_tiles(counts: NDArray[np.int64], fraction: float, stay: int, random: np.random.Generator) -> Choice:
    """Take about this fraction of the crops of every class, in whole tiles, from one random start.

    Args:
        counts: (T, C) crops of each class on each tile, at least one on a tile.
        fraction: the share to take of each class, 0..1.
        stay: how many of a class's tiles must not be taken. Where it has no more than these, one is taken
            nevertheless; the only tile of a class is not.
        random: source of the start.

    Returns:
        A choice that no move of a tile and no swap of two (of those tried, where tiles are many) makes better, or
        one that is fine.
    """
    search = _Search.of(counts, fraction, stay)
    taken = _random_start(counts.sum(axis=1), fraction, random)
    cost = float(search.cost(search.tiles[taken].sum(axis=0)))
    for _ in range(_MOST_STEPS):
        if cost <= FINE**2:
            break
        step, after = search.best_move(taken)
        if after >= cost - 1e-12:
            step, after = search.best_swap(taken, random)
        if after >= cost - 1e-12:
            break
        taken[step] = ~taken[step]
        cost = after
    return Choice(taken, cost)


@dataclass(frozen=True)
class _Search:
    """What a choice is judged by; columns are the C classes and then all crops as one class more.

    Attributes:
        tiles: (T, 2C + 2) the share of each class on each tile, and whether it has any.
        fraction: the share wanted of each class.
        least, most: (C + 1,) bounds of the number of tiles of each class to take.
    """

    tiles: NDArray[np.float64]
    fraction: float
    least: NDArray[np.int64]
    most: NDArray[np.int64]

    @classmethod
    def of(cls, counts: NDArray[np.int64], fraction: float, stay: int) -> "_Search":
        counts = np.column_stack([counts, counts.sum(axis=1)])
        present = counts > 0
        number = present.sum(axis=0)
        most = np.maximum(number - np.clip(number - 1, 1, stay), 0)
        share = counts / np.maximum(counts.sum(axis=0), 1)  # val may have had to take all tiles of a class
        return cls(np.hstack([share, present]), fraction, np.minimum(1, most), most)

    def cost(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cost of choices, (...), from the sum of `tiles` over what each takes, (..., 2C + 2)."""
        share, number = np.split(sums, 2, axis=-1)
        short = np.maximum(self.least - number, 0) + np.maximum(number - self.most, 0)
        short[..., -1] *= short.shape[-1]  # an empty side is worse than any class without a tile
        costs: NDArray[np.float64] = np.square(share - self.fraction).mean(axis=-1) + short.sum(axis=-1)
        return costs

    def best_move(self, taken: NDArray[np.bool_]) -> tuple[NDArray[np.int64], float]:
        """The tile that is best moved to the other side, (1,), and the cost then."""
        change = np.where(taken, -1, 1)[:, None] * self.tiles
        costs = self.cost(self.tiles[taken].sum(axis=0) + change)
        best = int(costs.argmin())
        return np.array([best]), float(costs[best])

    def best_swap(self, taken: NDArray[np.bool_], random: np.random.Generator) -> tuple[NDArray[np.int64], float]:
        """The taken tile and the other that are best swapped, (2,), of those tried, and the cost then."""
        inside, outside = np.flatnonzero(taken), np.flatnonzero(~taken)
        number = len(inside) * len(outside)
        if not number:
            return inside[:0], np.inf
        tried = np.arange(number) if number <= _MOST_SWAPS else random.integers(number, size=_MOST_SWAPS)
        leaving, coming = inside[tried // len(outside)], outside[tried % len(outside)]
        costs = self.cost(self.tiles[taken].sum(axis=0) - self.tiles[leaving] + self.tiles[coming])
        best = int(costs.argmin())
        return np.array([leaving[best], coming[best]]), float(costs[best])


def _random_start(crops: NDArray[np.int64], fraction: float, random: np.random.Generator) -> NDArray[np.bool_]:
    """Tiles in random order until they hold the wanted share of all crops, (T,)."""
    order = random.permutation(len(crops))
    before = np.cumsum(crops[order]) - crops[order]
    taken = np.zeros(len(crops), np.bool_)
    taken[order[before < fraction * crops.sum()]] = True
    return taken
