"""Maxima of a response, between pixels, and only the stronger of two that are too close."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree


def find_peaks(
    response: NDArray[np.float32], threshold: float, separation: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Maxima that are strong enough, and stronger than any other within `separation`.

    The rule is local: whether a maximum counts depends on what lies within `separation` and a pixel of it, so that
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
    beaten = _beaten(np.stack([columns, rows], axis=1), values, separation)
    rows, columns, values = rows[~beaten], columns[~beaten], values[~beaten]
    centres = np.stack([columns + _shift(response, rows, columns, 1), rows + _shift(response, rows, columns, 0)], 1)
    return centres + 0.5, values


def _beaten(places: NDArray[np.int64], values: NDArray[np.float32], separation: float) -> NDArray[np.bool_]:
    """Whether a stronger one, or an equal one that comes first, lies within the separation."""
    beaten = np.zeros(len(places), bool)
    pairs = cKDTree(places).query_pairs(separation, output_type="ndarray") if len(places) else np.empty((0, 2), int)
    first, second = pairs.min(axis=1, initial=len(places)), pairs.max(axis=1, initial=0)
    stronger = values[second] > values[first] if len(pairs) else np.empty(0, bool)
    beaten[first[stronger]] = True
    beaten[second[~stronger]] = True
    return beaten


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
