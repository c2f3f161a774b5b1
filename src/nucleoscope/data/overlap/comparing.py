"""Comparing two crops where they lie over each other: pixel by pixel, for many pairs."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.links import Integers
from nucleoscope.data.overlap.symmetries import turned

Pixels = NDArray[np.uint8]
Picture = TypeVar("Picture", NDArray[np.uint8], NDArray[np.float32])
Verdict = Callable[[Pixels, Pixels], bool]
"""Says whether two pictures (h, w, 3) of the same place show the same."""


def equal(first: Pixels, second: Pixels) -> bool:
    """Whether every pixel is the same."""
    return bool((first == second).all())


def common(images: Pixels, link: tuple[int, ...]) -> tuple[Pixels, Pixels]:
    """What the two crops of a link (see `LinkKeys`) show of the place that both have, (h, w, 3) each; views."""
    first, second, dx, dy, turn = link
    return overlapping(images[first], turned(images[second], turn), dx, dy)


def overlapping(first: Picture, second: Picture, dx: int, dy: int) -> tuple[Picture, Picture]:
    """The parts of two pictures (H, W, ...) that lie over each other when the second is at (dx, dy); views."""
    height, width = first.shape[:2]
    return (
        first[max(dy, 0) : height + min(dy, 0), max(dx, 0) : width + min(dx, 0)],
        second[max(-dy, 0) : height + min(-dy, 0), max(-dx, 0) : width + min(-dx, 0)],
    )


def compare(
    images: Pixels, links: Integers, tile: Integers, verdict: Verdict, progress: Callable[[float], None]
) -> NDArray[np.bool_]:
    """Judge many pairs of crops.

    Args:
        images: (N, H, W, 3) uint8.
        links: (M, 5) rows (see `LinkKeys`) whose two crops have a pixel in common.
        tile: (N,) numbers; crops with the same number are linked to each other.
        verdict: what to judge by.
        progress: called with the finished share of the work, 0..1.

    Returns:
        The verdict on each link, (M,).
    """
    verdicts = np.empty(len(links), np.bool_)
    for some in tile_by_tile(links, tile, progress):
        verdicts[some] = [verdict(*common(images, tuple(link))) for link in links[some].tolist()]
    return verdicts


def tile_by_tile(links: Integers, tile: Integers, progress: Callable[[float], None]) -> Iterator[Integers]:
    """Positions of links (M, 5), some at a time, ordered so that memory-mapped crops are read from disk once."""
    order = np.argsort(tile[links[:, 0]], kind="stable")
    for start in range(0, len(links), 1024):
        yield order[start : start + 1024]
        progress(min(start + 1024, len(links)) / len(links))
    progress(1.0)


def common_area(offsets: Integers, size: tuple[int, int]) -> Integers:
    """Pixels that two crops have in common at each offset (dx, dy), (M,)."""
    area: Integers = (size[1] - np.abs(offsets[:, 0])) * (size[0] - np.abs(offsets[:, 1]))
    return area
