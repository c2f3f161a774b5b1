"""What the network is to learn: a bell around every centre."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

BELL_UM = 1.3
"""Deviation of the bell. Nuclei that touch are 5 um apart or more, so that two bells have a valley between them."""


def proximity(shape: tuple[int, int], centres: NDArray[np.float64], mpp: float) -> NDArray[np.float32]:
    """How near the closest centre is, 1 on it and falling off as a Gaussian, (H, W); after SC-CNN.

    Sirinukunwattana et al. 2016, doi:10.1109/TMI.2016.2525803, who take another bell.

    Args:
        shape: height and width in pixels.
        centres: (N, 2) x, y in pixels, 0 at the left or upper edge.
        mpp: micrometres per pixel.
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pixels = np.stack([columns.ravel(), rows.ravel()], axis=1) + 0.5
    if not len(centres):
        return np.zeros(shape, np.float32)
    distance = cKDTree(centres).query(pixels, distance_upper_bound=4.0 * BELL_UM / mpp)[0].reshape(shape)
    bells: NDArray[np.float32] = np.exp(-0.5 * (distance * mpp / BELL_UM) ** 2).astype(np.float32)
    return bells
