"""Crops that show the same place though their pixels differ: links by the signatures of their keypoints."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.comparing import Pixels, common, tile_by_tile
from nucleoscope.data.overlap.keypoints import find_keypoints
from nucleoscope.data.overlap.links import Integers, KeyCounts, LinkKeys
from nucleoscope.data.overlap.signatures import kind, largest_hash, likeness, signatures
from nucleoscope.data.overlap.spilling import Buckets, Records
from nucleoscope.data.overlap.symmetries import COMPOSED, INVERSE, moved
from nucleoscope.data.overlap.tiles import linked
from nucleoscope.data.overlap.tolerance import Tolerance

NEIGHBOURS = 8
"""A signature is compared with so many of the same code, the next in the order of crops."""

LIKENESS = 0.9
"""Least correlation of two patches that may be the same."""

ENOUGH_VOTES = 10
"""With fewer, the pixels around a suggested offset are tried too: a keypoint may have moved by one. A pair of
keypoints has up to two."""

SIGNATURES_PER_CROP = 400
"""About so many come from a crop of 100x100 pixels that is full of detail."""

_PIXELS_PER_CHUNK = 500_000
_MATCHES_AT_ONCE = 500_000


def tolerant_links(images: Pixels, tolerance: Tolerance, progress: Callable[[float], None]) -> Integers:
    """Links (M, 5) of crops that show the same place, one for a pair.

    Keypoints with equal signatures suggest how two crops lie to each other. The suggestions that most of them make are
    tried on all pixels that the two have in common, and the one that explains them best is the link.

    Args:
        images: (N, H, W, 3) uint8, in memory or memory-mapped.
        tolerance: what may have happened to the crops.
        progress: called with the finished share of the work, 0..1.
    """
    candidates = _candidates(images, tolerance, lambda share: progress(0.6 * share))
    tile = linked(len(images), candidates)
    mismatch = np.empty(len(candidates))
    for some in tile_by_tile(candidates, tile, lambda share: progress(0.6 + 0.4 * share)):
        mismatch[some] = [tolerance.mismatch(*common(images, tuple(link))) for link in candidates[some].tolist()]
    found = np.isfinite(mismatch)
    return _first_of_pairs(candidates[found], mismatch[found])


def _candidates(images: Pixels, tolerance: Tolerance, progress: Callable[[float], None]) -> Integers:
    """The most frequent suggestions for each pair of crops, (M, 5)."""
    count, height, width = images.shape[:3]
    keys, found = LinkKeys(count, (height, width)), KeyCounts()
    expected = count * max(1, SIGNATURES_PER_CROP * height * width // 10_000)
    step = max(1, _PIXELS_PER_CHUNK // (height * width))
    allowed = tolerance.symmetries((height, width))
    with Buckets(kind(), expected, largest_hash()) as buckets:
        for start in range(0, count, step):
            made = signatures(find_keypoints(images[start : start + step]), allowed)
            made["crop"] += start
            buckets.add(made)
            progress(0.6 * min(start + step, count) / count)
        for part, made in enumerate(buckets, 1):
            for rows in _matches(made, (height, width)):
                found.add(keys.pack(rows))
            progress(0.6 + 0.4 * part / len(buckets))
    suggested, votes = found.result()
    links, sure = _often_suggested(keys.unpack(suggested), votes)
    if not tolerance.recompressed:
        return links  # where pixels are equal, keypoints do not move
    around = _around(links[~sure], (height, width))
    return keys.unpack(np.unique(keys.pack(np.concatenate([links, around]))))


def _matches(made: Records, size: tuple[int, int]) -> Iterator[Integers]:
    """Links (L, 5) that equal signatures suggest, some at a time."""
    made = made[np.lexsort((made["crop"], made["hash"]))]
    made = made[~_repeated(made)]
    for ahead in range(1, NEIGHBOURS + 1):
        same = np.flatnonzero(made["hash"][ahead:] == made["hash"][:-ahead])
        for start in range(0, len(same), _MATCHES_AT_ONCE):
            some = same[start : start + _MATCHES_AT_ONCE]
            first, second = made[some], made[some + ahead]
            alike = likeness(first, second) >= LIKENESS
            yield _rows(first[alike], second[alike], size)


def _repeated(made: Records) -> NDArray[np.bool_]:
    """Which sorted signatures are not the only ones of their code in their crop: patterns that say no place, (K,)."""
    again = (made["hash"][1:] == made["hash"][:-1]) & (made["crop"][1:] == made["crop"][:-1])
    repeated: NDArray[np.bool_] = np.append(False, again)[: len(made)] | np.append(again, False)[: len(made)]
    return repeated


def _rows(first: Records, second: Records, size: tuple[int, int]) -> Integers:
    """The links (L, 5) at which two keypoints each fall on each other in the same orientation."""
    turn = COMPOSED[INVERSE[first["turn"]], second["turn"]]
    # From the middle of each crop to its keypoint, twice, so that both are integers.
    a, b = (2 * side["place"].astype(np.int64) - (size[1] - 1, size[0] - 1) for side in (first, second))
    offset = (a - moved(b, turn)) // 2
    rows = np.column_stack([first["crop"], second["crop"], offset, turn]).astype(np.int64)
    return rows[_over(offset, size)]


def _often_suggested(links: Integers, votes: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Of sorted links (M, 5), those with at least half as many votes as the most frequent of their pair, (C, 5).

    And whether that one has enough votes to be trusted to the pixel, (C,).
    """
    pair = np.cumsum(_new_pair(links))
    most = np.zeros(len(links) + 1, np.int64)
    np.maximum.at(most, pair, votes)
    often = 2 * votes >= most[pair]
    return links[often], most[pair][often] >= ENOUGH_VOTES


def _around(links: Integers, size: tuple[int, int]) -> Integers:
    """Links (L, 5) one pixel away from some in every direction."""
    steps = [(0, 0, dx, dy, 0) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    beside: Integers = (links[:, None] + np.array(steps)).reshape(-1, 5)
    return beside[_over(beside[:, 2:4], size)]


def _over(offsets: Integers, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether two crops have a pixel in common at each offset (dx, dy), (M,)."""
    apart = np.abs(offsets)
    over: NDArray[np.bool_] = (apart[:, 0] < size[1]) & (apart[:, 1] < size[0])
    return over


def _first_of_pairs(links: Integers, cost: NDArray[np.float64]) -> Integers:
    """The link with the least cost of each pair, (P, 5)."""
    links = links[np.lexsort((cost, links[:, 1], links[:, 0]))]
    return links[_new_pair(links)]


def _new_pair(links: Integers) -> NDArray[np.bool_]:
    """Which of sorted links are the first of their pair, (M,)."""
    new: NDArray[np.bool_] = np.append(True, (links[1:, :2] != links[:-1, :2]).any(axis=1))[: len(links)]
    return new
