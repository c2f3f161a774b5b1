"""Centroids of nuclei in masks."""

import numpy as np
from numpy.typing import NDArray


def centroids_of(instances: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers and centroids of the nuclei of a mask.

    Args:
        instances: (H, W) the number of the nucleus that a pixel is of, 0 for none.

    Returns:
        The numbers (N,), rising, and x, y (N, 2) in pixels, where the middle of the first pixel is 0.5.
    """
    rows, columns = np.nonzero(instances > 0)
    numbers, nucleus, pixels = np.unique(instances[rows, columns], return_inverse=True, return_counts=True)
    sums = [np.bincount(nucleus, weights=places, minlength=len(numbers)) for places in (columns, rows)]
    return numbers, np.stack(sums, axis=1) / pixels[:, None] + 0.5
