"""Windows of 8x8 pixels that occur in more than one crop, and the offsets between crops that they suggest.

Every window of every crop is hashed, and kept when its hash falls below a threshold. The choice depends on
the pixels alone: the same tissue keeps the same windows in every crop it was cut into, and equal ones are
found by one sort instead of by comparing crops with each other. This is the "0 mod p" sampling of
fingerprints that Schleimer, Wilkerson and Aiken describe (Winnowing, SIGMOD 2003); the hash is the rolling
polynomial of Karp and Rabin (IBM J. Res. Dev. 31, 1987) in two dimensions, modulo 2**64.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.links import Integers, KeyCounts, LinkKeys
from nucleoscope.data.overlap.spilling import Buckets, Records

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
_LINKS_AT_ONCE = 500_000
_KEPT = np.dtype([("hash", np.uint64), ("place", np.int64)])
_ROW_BASE, _COLUMN_BASE = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95  # odd, so that no bits are lost modulo 2**64


def candidate_links(images: NDArray[np.uint8], progress: Callable[[float], None]) -> Integers:
    """Pairs of crops that hold the same textured window, and where.

    A window is linked to its place in the crop before and in the first crop that hold it: offsets add up, so
    that not all m (m - 1) / 2 pairs of its m crops are needed. Two links lead to different crops, so that one
    crop which holds the window by chance does not cut the others apart.

    Windows that do not fit in memory are parted by their hashes (see `Buckets`): 16 bytes each on disk, 10 GB
    for a million crops.

    Args:
        images: (N, H, W, 3) uint8, in memory or memory-mapped.
        progress: called with the finished share of the work, 0..1.

    Returns:
        (M, 5) unique links (see `LinkKeys`), sorted; their turn is 0. Candidates: one window says nothing yet
        about the rest of the two crops.
    """
    count, height, width = images.shape[:3]
    keys, found = LinkKeys(count, (height, width)), KeyCounts()
    threshold = _threshold(height, width)
    with Buckets(_KEPT, count * min(SAMPLES_PER_CROP, height * width), threshold) as buckets:
        for done, kept in _kept_windows(images, threshold):
            buckets.add(kept)
            progress((0.7 if len(buckets) > 1 else 0.9) * done / count)
        for part, kept in enumerate(buckets, 1):
            for rows in _linked(kept, images.shape[:3]):
                found.add(keys.pack(rows))
            progress(0.7 + 0.3 * part / len(buckets))
    progress(1.0)
    return keys.unpack(found.result()[0])


def _linked(kept: Records, shape: tuple[int, int, int]) -> Iterator[Integers]:
    """Links (L, 5) between the crops of equal windows, some at a time."""
    hashes = kept["hash"]
    order = np.argsort(hashes, kind="stable")  # equal windows stay in the order of their crops
    hashes, places = hashes[order], kept["place"][order]
    again = np.flatnonzero(hashes[1:] == hashes[:-1]) + 1
    head = np.arange(len(hashes))
    head[again] = 0
    head = np.maximum.accumulate(head)[again]  # the first place of the same window
    for start in range(0, len(again), _LINKS_AT_ONCE):
        some = slice(start, start + _LINKS_AT_ONCE)
        for starts in (again[some] - 1, head[some]):
            yield _rows(shape, places[starts], places[again[some]])


def _rows(shape: tuple[int, int, int], starts: Integers, ends: Integers) -> Integers:
    """Links (L, 5) of equal windows at two places in (N, H, W) each."""
    first, y, x = np.unravel_index(starts, shape)
    second, second_y, second_x = np.unravel_index(ends, shape)
    rows: Integers = np.stack([first, second, x - second_x, y - second_y, np.zeros_like(x)], axis=1)
    between: Integers = rows[first != second]  # else the window is twice in one crop
    return between


def _threshold(height: int, width: int) -> int:
    """The largest hash that is kept."""
    windows = (height - WINDOW + 1) * (width - WINDOW + 1)
    return int(min(1, SAMPLES_PER_CROP / windows) * (2**64 - 1))


def _kept_windows(images: NDArray[np.uint8], threshold: int) -> Iterator[tuple[int, Records]]:
    """The number of crops done, and the sampled textured windows of the last ones.

    Their places are flat indices into (N, H, W).
    """
    count, height, width = images.shape[:3]
    step = max(1, _PIXELS_PER_CHUNK // (height * width))
    for start in range(0, count, step):
        pixels = _packed(images[start : start + step])
        hashed = _window_hashes(pixels)
        crop, y, x = np.nonzero((hashed <= np.uint64(threshold)) & _textured(pixels))
        kept = np.empty(len(crop), _KEPT)
        kept["hash"] = hashed[crop, y, x]
        kept["place"] = ((crop + start) * height + y) * width + x
        yield min(start + step, count), kept


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
