"""Mosaics: the crops of a tile laid out at their places, so that the field they were cut from reappears."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONGEST = 2000
"""Pixels of the longer side of a mosaic, at most."""

UNKNOWN = 255
"""Value of all channels where no crop has a pixel: white, like glass."""


@dataclass(frozen=True)
class Mosaic:
    """What the crops of a tile show together.

    Attributes:
        image: (H, W, 3) uint8 RGB; white where no crop has a pixel.
        known: (H, W) whether a crop has the pixel.
        centres: (K, 2) x, y of the middle of each crop, in pixels of `image`, x right, y down, 0 at the left or
            upper edge of the image.
        extent: height and width in pixels of the crops.
        step: of so many pixels of the crops, in either direction, the image shows one.
    """

    image: NDArray[np.uint8]
    known: NDArray[np.bool_]
    centres: NDArray[np.float64]
    extent: tuple[int, int]
    step: int


def lay_out(
    x: NDArray[np.int64],
    y: NDArray[np.int64],
    size: tuple[int, int],
    pictures: Iterable[NDArray[np.uint8]],
    longest: int = LONGEST,
) -> Mosaic:
    """Lay the crops of one tile out.

    A tile that chains of false links have made is as long as the chain; so that no picture is too large to
    make, of one that is longer than `longest` every second, third, ... row and column is shown.

    Args:
        x: (K,) left edge of each crop in its tile, in pixels.
        y: (K,) top edge of each crop in its tile, in pixels.
        size: height and width of a crop, in pixels.
        pictures: K crops (height, width, 3), in the same order; where they differ, the last is seen.
        longest: pixels of the longer side, at most.
    """
    height, width = size
    left, top = x - x.min(), y - y.min()
    extent = (int(top.max()) + height, int(left.max()) + width)
    step = -(-max(extent) // longest)
    image = np.full((-(-extent[0] // step), -(-extent[1] // step), 3), UNKNOWN, np.uint8)
    known = np.zeros(image.shape[:2], np.bool_)
    for column, row, picture in zip(left.tolist(), top.tolist(), pictures, strict=True):
        shown = picture[-row % step :: step, -column % step :: step]  # those on the rows and columns of the mosaic
        first_row, first_column = -(-row // step), -(-column // step)
        place = (
            slice(first_row, first_row + shown.shape[0]),
            slice(first_column, first_column + shown.shape[1]),
        )
        image[place] = shown
        known[place] = True
    centres = np.stack([left + width / 2, top + height / 2], axis=1) / step
    return Mosaic(image, known, centres, extent, step)
