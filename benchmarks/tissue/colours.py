"""The colours of a tile: mean and covariance of the optical density of its crops."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_DENSITY = -np.log((np.arange(256, dtype=np.float32) + 1.0) / 256.0)


def tile_colours(images: NDArray[np.uint8], number: NDArray[np.int64], least: int) -> tuple[Tensor, Tensor]:
    """Means (T, 3) and covariances (T, 3, 3) of crops (M, H, W, 3) by their tile (M,) in 0..T-1.

    Tiles of few crops lie between their own colours and those of all: half way with `least` crops.
    """
    first, second = np.empty((len(images), 3)), np.empty((len(images), 3, 3))
    for position, image in enumerate(images):
        density = _DENSITY[image].reshape(-1, 3)
        first[position], second[position] = density.mean(axis=0), density.T @ density / len(density)
    counts = np.bincount(number)
    trust = counts / (counts + least)
    mean, square = np.zeros((len(counts), 3)), np.zeros((len(counts), 3, 3))
    np.add.at(mean, number, first)
    np.add.at(square, number, second)
    mean, square = mean / counts[:, None], square / counts[:, None, None]
    mean = trust[:, None] * mean + (1 - trust)[:, None] * first.mean(axis=0)
    square = trust[:, None, None] * square + (1 - trust)[:, None, None] * second.mean(axis=0)
    covariance = square - mean[:, :, None] * mean[:, None, :] + 1e-5 * np.eye(3)
    return torch.from_numpy(mean).float(), torch.from_numpy(covariance).float()


def symmetric_power(matrices: Tensor, power: float) -> Tensor:
    """Powers of symmetric positive matrices (B, 3, 3)."""
    values, vectors = torch.linalg.eigh(matrices)
    return vectors @ torch.diag_embed(values.clamp_min(1e-8) ** power) @ vectors.transpose(1, 2)
