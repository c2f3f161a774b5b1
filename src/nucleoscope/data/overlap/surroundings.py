"""What lies around a crop, put together again from the other crops of its tile.

A nucleus says less about its class than the tissue that it is part of. Crops cut around every nucleus overlap, so that
the tile reappears from them, and with it what a single crop leaves out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.centre import centre_start

Picture = Callable[[int], NDArray[np.uint8]]
"""The crop at a position, (H, W, 3), as it lies in its tile."""

_BLOCK = 1024  # pixels of a side


@dataclass(frozen=True)
class TilePlaces:
    """Where N crops lie.

    Attributes:
        tile: (N,) its number.
        corner: (N, 2) top-left of each crop in its tile as x, y in pixels, x right and y down.
        orientation: (N,) how each crop is turned to lie so, see `overlap.symmetries`.
    """

    tile: NDArray[np.int64]
    corner: NDArray[np.int64]
    orientation: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tile)


def wide_crops(
    picture: Picture, places: TilePlaces, size: tuple[int, int], times: int
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Crops around the same nuclei of so many times the side.

    Args:
        picture: gives the crops.
        places: of the crops; what none of them shows takes the mean colour of the tile.
        size: height and width of every crop.
        times: how much wider, 2 or more.

    Yields:
        Position and wide crop (times H, times W, 3) uint8 of every crop, tile by tile; the crop is its centre.
    """
    width, height = size[1], size[0]
    margin = np.array([centre_start(times * side, side) for side in (width, height)])
    for number in np.unique(places.tile):
        members = np.flatnonzero(places.tile == number)
        corner = places.corner[members]
        colour = np.mean([picture(position).mean(axis=(0, 1)) for position in members.tolist()], axis=0)
        for block in _blocks(corner):
            first = corner[block].min(axis=0) - margin
            end = corner[block].max(axis=0) + margin + (width, height)
            region = np.empty((*(end - first)[::-1], 3), np.uint8)
            region[:] = colour.astype(np.uint8)
            for place in np.flatnonzero((corner > first - (width, height)).all(axis=1) & (corner < end).all(axis=1)):
                _paste(region, picture(int(members[place])), *(corner[place] - first).tolist())
            for place, (left, top) in zip(
                members[block].tolist(), (corner[block] - margin - first).tolist(), strict=True
            ):
                wide = region[top : top + times * height, left : left + times * width].copy()
                _paste(wide, picture(place), *margin.tolist())  # its own pixels count where places contradict
                yield place, wide


def _blocks(corner: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Positions of crops that lie close together: a tile that false links chain is longer than memory."""
    cell = corner // _BLOCK
    _, block = np.unique(cell, axis=0, return_inverse=True)
    for number in range(int(block.max()) + 1):
        yield np.flatnonzero(block.ravel() == number)


def _paste(region: NDArray[np.uint8], crop: NDArray[np.uint8], left: int, top: int) -> None:
    """Lay a crop into a region, as far as it reaches."""
    rows = slice(max(0, top), max(0, min(top + crop.shape[0], region.shape[0])))
    columns = slice(max(0, left), max(0, min(left + crop.shape[1], region.shape[1])))
    region[rows, columns] = crop[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
