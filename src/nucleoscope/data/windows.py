"""Windows of 8x8 pixels that occur in more than one crop, and the offsets between crops that they suggest.

Every window of every crop is hashed, and kept when its hash falls below a threshold. The choice depends on
the pixels alone: the same tissue keeps the same windows in every crop it was cut into, and equal ones are
found by one sort instead of by comparing crops with each other. This is the "0 mod p" sampling of
fingerprints that Schleimer, Wilkerson and Aiken describe (Winnowing, SIGMOD 2003); the hash is the rolling
polynomial of Karp and Rabin (IBM J. Res. Dev. 31, 1987) in two dimensions, modulo 2**64.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

WINDOW = 8
"""Side of a window in pixels; nothing smaller can be recognised again."""

SAMPLES_PER_CROP = 600
"""Windows kept of a crop, on average and whatever its size.

A common part with a share s of a crop's windows is missed with probability exp(-600 s). Between crops of
100x100 pixels that is one in 250 million for a strip of 10x100, in 4 million for one of 10x80, in 4,000 for a
corner of 18x18, and in 600 for a strip of 8x100.
"""

BUSY_PIXELS = 12
"""Pixels of a window, of the 7x7 with a right and a lower neighbour in it, that must differ from both."""

_PIXELS_PER_CHUNK = 300_000  # 64-bit intermediates of 2.4 MB: they stay in the cache
_ROW_BASE, _COLUMN_BASE = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95  # odd, so that no bits are lost modulo 2**64


def candidate_offsets(images: NDArray[np.uint8], progress: Callable[[float], None]) -> NDArray[np.int64]:
    """Pairs of crops that hold the same textured window, and where.

    A window is linked to its place in the crop before and in the first crop that hold it: offsets add up, so
    that not all m (m - 1) / 2 pairs of its m crops are needed. Two links lead to different crops, so that one
    crop which holds the window by chance does not cut the others apart.

    Args:
        images: (N, H, W, 3) uint8, in memory or memory-mapped.
        progress: called with the finished share of the work, 0..1.

    Returns:
        (M, 4) unique rows of first crop, second crop (first < second), dx, dy: the top-left of the second
        crop relative to that of the first, in pixels, x right and y down. Candidates: one window says nothing
        yet about the rest of the two crops.
    """
    hashes, places = _kept_windows(images, progress)
    order = np.argsort(hashes, kind="stable")  # equal windows stay in the order of their crops
    hashes, places = hashes[order], places[order]
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    head = np.arange(len(hashes))
    head[again] = 0
    head = np.maximum.accumulate(head)[again]  # the first place of the same window
    links = [_links(images.shape[:3], places[start], places[again]) for start in (again - 1, head)]
    return np.unique(np.concatenate(links), axis=0)


def _links(shape: tuple[int, int, int], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Unique rows (first, second, dx, dy), sorted, of equal windows at two places in (N, H, W) each, (L,)."""
    count, height, width = shape
    first, y, x = np.unravel_index(starts, shape)
    second, second_y, second_x = np.unravel_index(ends, shape)
    between = first != second  # else the window is twice in one crop
    columns = (first, second, x - second_x + width - 1, y - second_y + height - 1)
    grid = (count, count, 2 * width - 1, 2 * height - 1)
    keys = np.unique(np.ravel_multi_index(tuple(column[between] for column in columns), grid))
    rows: NDArray[np.int64] = np.stack(np.unravel_index(keys, grid), axis=1)
    rows[:, 2:] -= width - 1, height - 1
    return rows


def _kept_windows(
    images: NDArray[np.uint8], progress: Callable[[float], None]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes (K,) of the sampled textured windows, and their places (K,): flat indices into (N, H, W)."""
    count, height, width = images.shape[:3]
    windows = (height - WINDOW + 1) * (width - WINDOW + 1)
    threshold = np.uint64(int(min(1, SAMPLES_PER_CROP / windows) * (2**64 - 1)))
    step = max(1, _PIXELS_PER_CHUNK // (height * width))
    hashes, places = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for start in range(0, count, step):
        pixels = _packed(images[start : start + step])
        hashed = _window_hashes(pixels)
        crop, y, x = np.nonzero((hashed <= threshold) & _textured(pixels))
        hashes.append(hashed[crop, y, x])
        places.append(((crop + start) * height + y) * width + x)
        progress(min(start + step, count) / count)
    return np.concatenate(hashes), np.concatenate(places)


def _packed(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """One integer for each colour, (n, H, W)."""
    red, green, blue = (images[..., channel].astype(np.uint64) for channel in range(3))
    return (red << np.uint64(16)) | (green << np.uint64(8)) | blue


def _window_hashes(pixels: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A hash of every window, (n, H - 7, W - 7), at its top-left pixel.

    The polynomial over 8 neighbours is built by doubling, 1 + 1, 2 + 2, 4 + 4, along rows and then columns.
    """
    hashed = pixels
    for step in (1, 2, 4):
        hashed = hashed[:, :, :-step] * _power(_ROW_BASE, step) + hashed[:, :, step:]
    for step in (1, 2, 4):
        hashed = hashed[:, :-step] * _power(_COLUMN_BASE, step) + hashed[:, step:]
    return _mixed(hashed)


def _power(base: int, exponent: int) -> np.uint64:
    return np.uint64(pow(base, exponent, 2**64))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit over all others, in place: the end of SplitMix64 (Steele et al., OOPSLA 2014)."""
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)
    return values


def _textured(pixels: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which windows hold enough detail to be recognised by, (n, H - 7, W - 7).

    Glass, padding, straight edges and stripes look the same everywhere and would link what shares nothing.
    """
    corner = pixels[:, :-1, :-1]
    busy = ((corner != pixels[:, :-1, 1:]) & (corner != pixels[:, 1:, :-1])).astype(np.uint8)
    inner = WINDOW - 1
    height, width = busy.shape[1] - inner + 1, busy.shape[2] - inner + 1
    in_rows = sum(busy[:, :, i : i + width] for i in range(inner))
    counted: NDArray[np.uint8] = sum(in_rows[:, i : i + height] for i in range(inner))
    return counted >= BUSY_PIXELS
