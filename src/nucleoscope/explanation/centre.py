"""How much of a map lies on the nucleus: its share in the central disc.

The nucleus that a crop is about lies in its centre. A model that looks elsewhere may still be right, by the
surroundings, which often have the same class; on other tissue that habit fails.
"""

import numpy as np
from numpy.typing import NDArray

RADIUS = 0.25  # of the crop's shorter side


def radius_in(surroundings: int) -> float:
    """Of the disc in pictures that show so many times the width of a crop, of their shorter side."""
    return RADIUS / surroundings


def central_disc(height: int, width: int, *, radius: float = RADIUS) -> NDArray[np.bool_]:
    """Which pixels (H, W) have their centre within `radius` times the shorter side from the crop's centre."""
    y, x = np.ogrid[:height, :width]
    distance = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
    inside: NDArray[np.bool_] = distance <= radius * min(height, width)
    return inside


def central_share(map_: NDArray[np.float32], radius: float = RADIUS) -> float | None:
    """Share of the absolute attribution (H, W) that falls into the central disc; None for a map of zeros."""
    strength = np.abs(map_, dtype=np.float64)
    total = strength.sum()
    return float(strength[central_disc(*map_.shape, radius=radius)].sum() / total) if total > 0 else None


def uniform_share(height: int, width: int, *, radius: float = RADIUS) -> float:
    """What the share would be if all pixels counted alike."""
    return float(central_disc(height, width, radius=radius).mean())
