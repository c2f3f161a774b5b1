"""Maxima of a response, between pixels, and only the stronger of two that are too close."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree


def find_peaks(
    response: NDArray[np.float32], threshold: float, separation: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Maxima that are strong enough, and stronger than any other within `separation`.

    The rule is local: whether a maximum counts depends on what lies within `separation` and two pixels of it, so that
    blocks with such a margin give what the whole would. Of equal ones the first in reading order counts.

    Args:
        response: (H, W).
        threshold: the least value.
        separation: in pixels.

    Returns:
        (N, 2) x, y with 0 at the left or upper edge of the first pixel, and (N,) values, in reading order.
    """
    highest = response == ndimage.maximum_filter(response, 3, mode="nearest")
    rows, columns = np.nonzero(highest & (response >= threshold))
    values = response[rows, columns]
    centres = np.stack([columns + _shift(response, rows, columns, 1), rows + _shift(response, rows, columns, 0)], 1)
    kept = strongest(centres, values, separation)
    return centres[kept] + 0.5, values[kept]


def strongest(centres: NDArray[np.float64], values: NDArray[np.float32], separation: float) -> NDArray[np.bool_]:
    """Which of some maxima (N, 2) with values (N,) are stronger than all within the separation; of equals the first."""
    kept = np.ones(len(centres), bool)
    if len(centres) < 2:
        return kept
    first, second = np.sort(cKDTree(centres).query_pairs(separation, output_type="ndarray"), axis=1).T
    stronger = values[second] > values[first]
    kept[first[stronger]] = False
    kept[second[~stronger]] = False
    return kept


def _shift(
    response: NDArray[np.float32], rows: NDArray[np.int64], columns: NDArray[np.int64], axis: int
) -> NDArray[np.float64]:
    """Where the parabola through a maximum and its two neighbours is highest, -0.5 to 0.5 from it."""
    position, length = (rows, columns)[axis], response.shape[axis]
    before, after = np.maximum(position - 1, 0), np.minimum(position + 1, length - 1)
    low = (response[before, columns] if axis == 0 else response[rows, before]).astype(np.float64)
    high = (response[after, columns] if axis == 0 else response[rows, after]).astype(np.float64)
    bend = 2.0 * response[rows, columns] - low - high
    flat = bend <= 0
    return np.where(flat, 0.0, np.clip((high - low) / (2.0 * np.where(flat, 1.0, bend)), -0.5, 0.5))
