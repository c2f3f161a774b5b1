"""Stain normalisation of the crops before anything else: of each crop by itself, or of all crops of a tile together.

Means and deviations of optical density in each channel are moved to those of all crops, after Reinhard et al. 2001 (who
did it in another colour space). With tiles it needs other crops of the same field when a crop is predicted.
"""

import numpy as np
from numpy.typing import NDArray

_DENSITY = -np.log((np.arange(256, dtype=np.float32) + 1.0) / 256.0)
_LEAST = 10  # crops of a tile whose own statistics are trusted half


def normalise_by_tile(images: NDArray[np.uint8], tile: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Crops (N, H, W, 3), each tile's mean and deviation of optical density moved to the average over all crops."""
    mean, square = _statistics(images)
    _, group, counts = np.unique(tile, return_inverse=True, return_counts=True)
    average, average_square = mean.mean(axis=0), square.mean(axis=0)
    trust = (counts / (counts + _LEAST))[:, None]
    of_tile = [
        np.stack([np.bincount(group, column) for column in part.T], axis=1) / counts[:, None] for part in (mean, square)
    ]
    tile_mean = trust * of_tile[0] + (1 - trust) * average
    tile_square = trust * of_tile[1] + (1 - trust) * average_square
    deviation = np.sqrt(tile_square - tile_mean**2)
    return _moved(images, tile_mean[group], deviation[group], average, np.sqrt(average_square - average**2))


def normalise_each(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (N, H, W, 3), each one's own mean and deviation of optical density moved to the average."""
    mean, square = _statistics(images)
    average = mean.mean(axis=0)
    deviation = np.sqrt(np.maximum(square - mean**2, 1e-3))
    return _moved(images, mean, deviation, average, np.sqrt(square.mean(axis=0) - average**2))


def _statistics(images: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and mean square of optical density of each crop and channel, (N, 3) each."""
    found = []
    for image in images:
        density = _DENSITY[image].reshape(-1, 3)
        found.append((density.mean(axis=0), (density**2).mean(axis=0)))
    mean, square = np.array(found, np.float64).transpose(1, 0, 2)
    return mean, square


def _moved(
    images: NDArray[np.uint8],
    mean: NDArray[np.float64],
    deviation: NDArray[np.float64],
    to_mean: NDArray[np.float64],
    to_deviation: NDArray[np.float64],
) -> NDArray[np.uint8]:
    moved = np.empty_like(images)
    for number, image in enumerate(images):
        density = (_DENSITY[image] - mean[number]) * (to_deviation / deviation[number]) + to_mean
        moved[number] = np.clip(np.exp(-density) * 256.0 - 1.0 + 0.5, 0, 255)
    return moved
