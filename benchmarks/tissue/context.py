"""Using that nuclei of one field are known together: the share of each class in the field, and the neighbours.

Both need no further training. They are reported apart: a single crop cannot be predicted so.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

_ROUNDS = 50


@dataclass(frozen=True)
class Neighbours:
    """How a nucleus listens to those around it.

    Attributes:
        reach: standard deviation of the Gaussian that weighs neighbours, pixels.
        weight: power of the neighbours' mean.
        alike: listen to a neighbour as far as it may be of the same class, by its own probabilities.
    """

    reach: float
    weight: float = 1.0
    alike: bool = False


def with_tile_shares(
    probabilities: NDArray[np.float64],
    tile: NDArray[np.int64],
    prior: NDArray[np.float64],
    strength: float,
    pseudo_crops: float = 5.0,
) -> NDArray[np.float64]:
    """Adapt each tile to its own shares of the classes by expectation and maximisation (Saerens et al. 2002).

    Args:
        probabilities: (M, C) of a model that was trained on classes of the given shares.
        tile: (M,).
        prior: (C,) shares of the classes in training.
        strength: power of the ratio of shares, 0 for none, 1 for all of it.
        pseudo_crops: crops of the prior's shares that each tile has besides its own.
    """
    adapted = probabilities.copy()
    for number in np.unique(tile):
        members = tile == number
        own = probabilities[members]
        shares = prior
        for _ in range(_ROUNDS):
            weighted = own * (shares / prior) ** strength
            weighted /= weighted.sum(axis=1, keepdims=True)
            shares = (weighted.sum(axis=0) + pseudo_crops * prior) / (len(own) + pseudo_crops)
        adapted[members] = weighted
    return adapted


def with_neighbours(
    probabilities: NDArray[np.float64],
    tile: NDArray[np.int64],
    corner: NDArray[np.int64],
    how: Neighbours,
) -> NDArray[np.float64]:
    """Multiply the probabilities by the geometric mean of those of the neighbours in the field.

    Args:
        probabilities: (M, C).
        tile: (M,).
        corner: (M, 2) place in the tile, pixels.
        how: to weigh the neighbours.
    """
    logs = np.log(np.maximum(probabilities, 1e-6))
    found = logs.copy()
    for number in np.unique(tile):
        members = np.flatnonzero(tile == number)
        if len(members) < 2:
            continue
        near = np.exp(-(cdist(corner[members], corner[members]) ** 2) / (2 * how.reach**2))
        if how.alike:
            near *= probabilities[members] @ probabilities[members].T
        np.fill_diagonal(near, 0.0)
        total = near.sum(axis=1, keepdims=True)
        found[members] += how.weight * (near @ logs[members]) / np.maximum(total, 1.0)
    found = np.exp(found - found.max(axis=1, keepdims=True))
    normalised: NDArray[np.float64] = found / found.sum(axis=1, keepdims=True)
    return normalised
