"""Blocks: the nuclei of an image, walked through in squares, so that each part of it is read once and few at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import DataError

SIDE = 1024
"""Of a block in full-resolution pixels: large beside a crop, small beside memory."""
MOST = 1024
"""Nuclei that are handed out together."""


@dataclass(frozen=True)
class Block:
    """Nuclei that lie close together, and the region around them.

    Attributes:
        index: (K,) int64 positions among the centres, rising; at least one.
        left: x of the region's left edge in full-resolution pixels.
        top: y of its upper edge.
        width: of the region; it is cut off at the border of the image.
        height: likewise.
    """

    index: NDArray[np.int64]
    left: int
    top: int
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.index)


def blocks_of(
    centres: NDArray[np.float64], size: tuple[int, int], side: int = SIDE, margin: int = 0, most: int = MOST
) -> Iterator[Block]:
    """Walk the nuclei of an image block by block, row by row of blocks; blocks without nuclei are left out.

    Args:
        centres: (N, 2) x, y in full-resolution pixels.
        size: width and height of the image.
        side: of a block in pixels.
        margin: pixels of the region around the block.
        most: nuclei of a block at most; a crowded one comes in several parts.

    Yields:
        Blocks; each nucleus is in exactly one.

    Raises:
        DataError: a nucleus lies outside of the image, or nowhere.
    """
    _check_inside(centres, size)
    columns = -(-size[0] // side)
    # A centre on the far border belongs to the last block.
    places = np.minimum(centres // side, (columns - 1, -(-size[1] // side) - 1)).astype(np.int64)  # (N, 2)
    numbers = places[:, 1] * columns + places[:, 0]
    order = np.argsort(numbers, kind="stable")
    starts = np.flatnonzero(np.diff(numbers[order], prepend=-1))
    for index in np.split(order, starts[1:]) if len(order) else []:
        column, row = places[index[0]].tolist()
        left, top = max(0, column * side - margin), max(0, row * side - margin)
        right, bottom = min(size[0], (column + 1) * side + margin), min(size[1], (row + 1) * side + margin)
        for start in range(0, len(index), most):
            yield Block(index[start : start + most], left, top, right - left, bottom - top)


def _check_inside(centres: NDArray[np.float64], size: tuple[int, int]) -> None:
    outside = np.flatnonzero(~((centres >= 0) & (centres <= size)).all(axis=1))
    if len(outside):
        x, y = centres[outside[0]]
        raise DataError(
            f"nucleus {outside[0] + 1:,} of {len(centres):,} is at x {x:g}, y {y:g}, outside the image of "
            f"{size[0]}x{size[1]} pixels; expected full-resolution pixels of this image: check the unit and the order "
            "of x and y"
        )
