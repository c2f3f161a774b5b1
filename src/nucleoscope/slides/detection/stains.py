"""How much haematoxylin a pixel holds, by the stain vectors of its own image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Optical density of haematoxylin and eosin in R, G, B (Ruifrok and Johnston 2001), where an image shows no two stains.
DEFAULT = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
FAINT = 0.15
"""Optical density (natural logarithm) below which a channel says nothing about the stain (Macenko et al. 2009)."""

_EXTREME = 1.0  # percentile of the angles that is taken for a pure stain
_LEAST_PIXELS = 1000
_MOST_PIXELS = 400_000
_LEAST_ANGLE = np.radians(10.0)  # between two stains that can be told apart
_DENSITY = -np.log((np.arange(256) + 1.0) / 256.0).astype(np.float32)


def density(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Optical density, of the same shape: the sum of the stains' amounts times their absorption (Beer-Lambert)."""
    found: NDArray[np.float32] = _DENSITY[pixels]
    return found


@dataclass(frozen=True)
class StainSeparation:
    """The stains of an image.

    Attributes:
        vectors: (2, 3) optical density in R, G, B of haematoxylin and eosin, of unit length.
        strength: amount of haematoxylin, in units of the vector, that few pixels of the tissue exceed (99 %).
        estimated: whether the vectors are the image's own.
    """

    vectors: NDArray[np.float64]
    strength: float
    estimated: bool

    def haematoxylin(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Amount of haematoxylin of pixels (..., 3) as a share of `strength`, (...)."""
        weights = np.linalg.pinv(self.vectors)[:, 0] / self.strength
        found: NDArray[np.float32] = density(pixels) @ weights.astype(np.float32)
        return np.maximum(found, 0.0, out=found)


def separate_stains(pixels: NDArray[np.uint8]) -> StainSeparation:
    """Estimate the stains of an image by the method of Macenko et al. (2009), doi:10.1109/ISBI.2009.5193250.

    Args:
        pixels: (N, 3) from all over the tissue.
    """
    pixels = pixels[:: -(-len(pixels) // _MOST_PIXELS)] if len(pixels) else pixels
    stained = density(pixels).astype(np.float64)
    stained = stained[(stained > FAINT).all(axis=1) & (pixels.max(axis=1) > 40)]  # black: ink, dirt, a fold
    vectors = _extremes(stained) if len(stained) >= _LEAST_PIXELS else None
    estimated = vectors is not None
    vectors = DEFAULT if vectors is None else vectors
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    amounts = stained @ np.linalg.pinv(vectors)[:, 0]
    strength = float(np.percentile(amounts, 99)) if len(amounts) else 1.0
    return StainSeparation(vectors, max(strength, 0.1), estimated)


def _extremes(stained: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The two ends of the fan of colours in its plane, haematoxylin first; None where it is no fan."""
    plane = np.linalg.eigh(np.cov(stained.T))[1][:, 1:]  # (3, 2)
    plane = plane * np.where(plane.sum(axis=0) < 0, -1.0, 1.0)
    angles = np.arctan2(stained @ plane[:, 0], stained @ plane[:, 1])
    low, high = np.percentile(angles, [_EXTREME, 100.0 - _EXTREME])
    if high - low < _LEAST_ANGLE:
        return None
    ends = np.stack([plane @ (np.sin(angle), np.cos(angle)) for angle in (low, high)])
    if (ends < -0.1).any():
        return None
    # Haematoxylin takes more of the red light.
    ordered: NDArray[np.float64] = np.clip(ends[np.argsort(-ends[:, 0] / ends.sum(axis=1))], 0.0, None)
    return ordered
