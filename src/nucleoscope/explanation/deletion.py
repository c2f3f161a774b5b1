"""Deletion and insertion: does the probability follow the map? (Petsiuk et al. 2018, arXiv:1806.07421).

Deletion blurs the crop away, the most important places first: the faster the probability falls, the better the map
knows what counts. Insertion brings a blurred crop back: the faster it rises, the better. A random order is what a map
must beat; read backwards, its deletion is the insertion of another random order, so that both have the same area on
average. Places are small square cells rather than single pixels: scattered pixels make a noise that is alien to the
network, and a map would be compared with that noise instead of with another order.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

CELL = 0.05  # of the shorter side
STEPS = 20  # of equal numbers of cells
BLUR = 0.1  # of the shorter side, the standard deviation: a nucleus becomes a shade

Probability = Callable[[Tensor], NDArray[np.float64]]
"""Probabilities (B, C) of pictures (B, 3, H, W), float in 0..1."""


class Game(StrEnum):
    """What is done to the crop."""

    DELETION = "deletion"
    INSERTION = "insertion"


def curves(
    probability: Probability,
    pictures: Tensor,
    targets: NDArray[np.int64],
    ranks: NDArray[np.int64],
    game: Game,
) -> NDArray[np.float64]:
    """Probability of the class of each picture while its cells are blurred, or made sharp again, one after the other.

    Args:
        probability: of the classes.
        pictures: (B, 3, H, W), float in 0..1.
        targets: (B,) the classes whose probabilities are followed.
        ranks: (B, rows, columns), the place of each cell in the order, 0 first; see `map_ranks` and `random_ranks`.
        game: what is done.

    Returns:
        (STEPS + 1, B).
    """
    blurred = blur(pictures)
    cells = ranks[0].size
    found = []
    for step in range(STEPS + 1):
        reached = torch.from_numpy(ranks < round(step * cells / STEPS))[:, None].float()
        done = functional.interpolate(reached, scale_factor=float(cell_side(pictures)), mode="nearest")
        mask = done[..., : pictures.shape[-2], : pictures.shape[-1]].to(pictures.device) > 0
        sharp = mask if game is Game.INSERTION else ~mask
        found.append(probability(torch.where(sharp, pictures, blurred))[np.arange(len(targets)), targets])
    return np.stack(found)


def area(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area under curves (STEPS + 1, B) over the share of cells, 0..1, by the trapezoid rule: (B,)."""
    found: NDArray[np.float64] = ((curve[1:] + curve[:-1]) / 2.0).mean(axis=0)
    return found


def map_ranks(maps: NDArray[np.float32], side: int, seed: int) -> NDArray[np.int64]:
    """The order of the cells by the mean of a map in each, the highest first, (B, rows, columns).

    Args:
        maps: (B, H, W).
        side: of a cell, in pixels.
        seed: decides between equal cells, which a map with many zeros has.
    """
    values = torch.from_numpy(maps)[:, None]
    means = functional.avg_pool2d(values, side, ceil_mode=True)[:, 0].numpy().astype(np.float64)
    chance = np.random.default_rng(seed).random(means.shape)
    flat = np.lexsort((chance.reshape(len(maps), -1), -means.reshape(len(maps), -1)), axis=1)
    return np.argsort(flat, axis=1).reshape(means.shape)


def random_ranks(count: int, pictures: Tensor, seed: int) -> NDArray[np.int64]:
    """Random orders of the cells of so many pictures of this size, (count, rows, columns)."""
    side = cell_side(pictures)
    rows, columns = (-(-length // side) for length in pictures.shape[-2:])
    order = np.argsort(np.random.default_rng(seed).random((count, rows * columns)), axis=1)
    return order.reshape(count, rows, columns)


def cell_side(pictures: Tensor) -> int:
    """Side of a cell in pixels."""
    return max(1, round(CELL * min(pictures.shape[-2:])))


def blur(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) under a Gaussian of a tenth of the shorter side; beyond the border they are mirrored."""
    height, width = pictures.shape[-2:]
    kernel = _gaussian(BLUR * min(height, width)).to(pictures)
    reach = len(kernel) // 2
    padded = functional.pad(pictures, (reach, reach, reach, reach), mode="reflect")
    channels = pictures.shape[1]
    rows = functional.conv2d(padded, kernel.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
    return functional.conv2d(rows, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)


@cache
def _gaussian(sigma: float) -> Tensor:
    """Weights of a Gaussian up to three standard deviations, which add up to 1."""
    reach = round(3.0 * sigma)
    weights = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2.0 * sigma**2))
    return weights / weights.sum()
