"""The colours of a tile: mean and covariance of the optical density of its crops, and moving crops to others.

Colours are moved by the linear map between two Gaussians that changes least (Pitie and Kokaram 2007,
doi:10.1049/cp:20070055).
"""

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


def moved_colours(pictures: Tensor, own: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor], part: Tensor) -> Tensor:
    """Crops in other colours.

    Args:
        pictures: (B, 3, H, W) uint8.
        own: means (B, 3) and covariances (B, 3, 3) of where they are from.
        other: the same of where they go.
        part: (B, 1, 1) how far they go, 0 to 1.

    Returns:
        (B, 3, H, W) uint8.
    """
    root, inverse = symmetric_power(own[1], 0.5), symmetric_power(own[1], -0.5)
    change = inverse @ symmetric_power(root @ other[1] @ root, 0.5) @ inverse
    change = torch.lerp(torch.eye(3), change, part)
    mean = own[0][:, :, None]
    offset = torch.lerp(mean, other[0][:, :, None], part) - change @ mean  # (B, 3, 1)
    density = -torch.log((pictures.float() + 1.0) / 256.0)
    density = torch.baddbmm(offset.to(pictures.device), change.to(pictures.device), density.flatten(2))
    return (torch.exp(-density.view(pictures.shape)) * 256.0 - 1.0).round_().clamp_(0, 255).to(torch.uint8)
