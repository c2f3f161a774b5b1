"""Thumbnails: an image or one level of it, shrunk so that each pixel is the mean of what it covers."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SIDE = 2048  # about the most rows and columns that are read at once

Read = Callable[[int, int, int, int], NDArray[np.uint8]]
"""From x, y, width and height to the region (height, width, 3)."""


def thumbnail_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Width and height of a thumbnail: the longer side at most `longest`, neither below one pixel, never enlarged.

    >>> thumbnail_size((20000, 10000), 1000), thumbnail_size((300, 200), 1000)
    ((1000, 500), (300, 200))
    """
    factor = min(1.0, longest / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def shrink(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    """A picture (H, W, 3) with a longer side of at most `longest` pixels."""
    size = pixels.shape[1], pixels.shape[0]
    small = thumbnail_size(size, longest)
    return pixels if small == size else np.asarray(Image.fromarray(pixels).resize(small, Image.Resampling.BOX))


def shrink_in_blocks(size: tuple[int, int], small: tuple[int, int], read: Read) -> NDArray[np.uint8]:
    """Shrink what is too large to be held in memory.

    Args:
        size: width and height of what is shrunk.
        small: width and height of the result, not larger.
        read: gives its regions.

    Returns:
        (h, w, 3), the same as shrinking it at once.
    """
    shrunk = np.empty((small[1], small[0], 3), np.uint8)
    factors = size[0] / small[0], size[1] / small[1]
    steps = [max(1, int(_SIDE / factor)) for factor in factors]
    for top in range(0, small[1], steps[1]):
        for left in range(0, small[0], steps[0]):
            right, bottom = min(left + steps[0], small[0]), min(top + steps[1], small[1])
            x, right_edge = left * factors[0], right * factors[0]
            y, bottom_edge = top * factors[1], bottom * factors[1]
            first = int(x), int(y)
            last = min(int(np.ceil(right_edge)), size[0]), min(int(np.ceil(bottom_edge)), size[1])
            region = Image.fromarray(read(*first, last[0] - first[0], last[1] - first[1]))
            box = (
                x - first[0],
                y - first[1],
                min(right_edge - first[0], region.width),
                min(bottom_edge - first[1], region.height),
            )
            piece = region.resize((right - left, bottom - top), Image.Resampling.BOX, box=box)
            shrunk[top:bottom, left:right] = np.asarray(piece)
    return shrunk
