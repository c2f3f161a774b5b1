"""Crops that show more of the field: what surrounds a nucleus, put together again from the crops of its tile.

Only where the field is known can a nucleus be looked at so; figures are reported apart, as those of `context`.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.overlap.surroundings import TilePlaces, wide_crops
from nucleoscope.data.room import make_room
from tissue.material import Material


def surrounded(material: Material, times: int) -> NDArray[np.uint8]:
    """Pictures (N, times H, times W, 3) around the same nuclei."""
    count, height, width, _ = material.images.shape
    found = make_room((count, times * height, times * width, 3))
    for position, wide in _wide(material, times):
        found[position] = wide
    return found


def widened(material: Material, times: int) -> NDArray[np.uint8]:
    """The same in as many pixels as the crops have, (N, H, W, 3), each the mean of those that it takes the place of."""
    found = np.empty_like(material.images)
    size = (found.shape[2], found.shape[1])
    for position, wide in _wide(material, times):
        found[position] = Image.fromarray(wide).resize(size, Image.Resampling.BOX)
    return found


def _wide(material: Material, times: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    size = (material.images.shape[1], material.images.shape[2])
    places = TilePlaces(material.tile, material.corner, np.zeros_like(material.tile))
    return wide_crops(lambda number: material.images[number], places, size, times)
