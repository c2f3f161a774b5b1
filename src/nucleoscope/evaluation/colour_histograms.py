"""Colour histograms: what a crop looks like when all that is known is how much of each colour it has."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BINS = 16
"""Bins of each channel: 16 values of 8 bits a bin."""

_CROPS_AT_ONCE = 256


def colour_histograms(
    images: NDArray[np.uint8], progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Square roots of the shares of each channel's values in 16 bins.

    The Euclidean distance of two such rows is the Hellinger distance of the histograms, up to a factor: a
    bin counts by how much its share changes, not by how large it is. Channels by themselves instead of
    colours in three dimensions keep a row of a million crops short.

    Args:
        images: (N, H, W, 3) uint8, in memory or memory-mapped.
        progress: called with the number of crops done and of all.

    Returns:
        (N, 48): 16 bins of red, of green, of blue.
    """
    count, height, width = images.shape[:3]
    histograms = np.empty((count, 3 * BINS), np.float32)
    channel = np.arange(3, dtype=np.int64) * BINS
    for start in range(0, count, _CROPS_AT_ONCE):
        some = np.asarray(images[start : start + _CROPS_AT_ONCE])
        crop = np.arange(len(some), dtype=np.int64)[:, None, None, None] * 3 * BINS
        bins = some // (256 // BINS) + channel + crop  # (n, H, W, 3), a number for each crop, channel and bin
        counts = np.bincount(bins.ravel(), minlength=len(some) * 3 * BINS)
        histograms[start : start + len(some)] = np.sqrt(counts.reshape(len(some), -1) / (height * width))
        if progress:
            progress(start + len(some), count)
    return histograms
