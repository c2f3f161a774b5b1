"""Resampling a region so that each pixel comes out the same, to the last bit, whatever region it is in.

Pillow rounds where a region begins to single precision, by which grey levels differ by one or two here and there, and
with them weak maxima: what is found would depend on the blocks.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from nucleoscope.slides.cut import read_mirrored
from nucleoscope.slides.image.slide_image import SlideImage


def read_exactly(image: SlideImage, left: int, top: int, width: int, height: int, step: float) -> NDArray[np.uint8]:
    """A region (height, width, 3) of an image as it would be with pixels `step` times as large.

    Both pictures have their origin at the same corner. The filter is bilinear, widened where it shrinks. Beyond the
    border the image goes on as its mirror image.
    """
    if step == 1:
        return read_mirrored(image, left, top, width, height)
    x, columns = _weights(left, width, step)
    y, rows = _weights(top, height, step)
    region = read_mirrored(image, x, y, columns.shape[1], rows.shape[1]).astype(np.float32)
    narrow = _along_first(rows, region).swapaxes(0, 1)  # (source width, height, 3)
    found = _along_first(columns, narrow).swapaxes(0, 1)
    return np.ascontiguousarray(np.rint(found).astype(np.uint8))


def _weights(start: int, count: int, step: float) -> tuple[int, csr_array]:
    """The first pixel of the image that is needed along one side, and the weights (count, needed) from it on."""
    reach = max(1.0, step)
    centres = (np.arange(start, start + count) + 0.5) * step
    first = np.floor(centres - reach).astype(np.int64)
    taps = first[:, None] + np.arange(math.ceil(2.0 * reach) + 2)  # (count, taps)
    weights = np.maximum(0.0, 1.0 - np.abs(taps + 0.5 - centres[:, None]) / reach)
    weights /= weights.sum(axis=1, keepdims=True)
    begin = int(taps[0, 0])
    rows = np.arange(0, taps.size + 1, taps.shape[1])
    needed = (count, int(taps[-1, -1]) + 1 - begin)
    return begin, csr_array((weights.astype(np.float32).ravel(), (taps - begin).ravel(), rows), shape=needed)


def _along_first(weights: csr_array, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(K, N) times (N, A, 3), which sums in the order of the taps."""
    found: NDArray[np.float32] = weights @ values.reshape(len(values), -1)
    return found.reshape(-1, *values.shape[1:])
