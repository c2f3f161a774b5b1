"""Crops that show more of the field: what surrounds a nucleus, put together again from the crops of its tile.

Only where the field is known can a nucleus be looked at so; figures are reported apart, as those of `context`.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tissue.material import Material


def wide_crops(material: Material, times: int) -> NDArray[np.uint8]:
    """Crops (N, H, W, 3) of so many times the side, around the same nuclei, brought to the same number of pixels.

    What no crop of the tile shows takes the mean colour of the tile.
    """
    images = np.empty_like(material.images)
    for number in np.unique(material.tile):
        members = np.flatnonzero(material.tile == number)
        field, origin = _field(material.images[members], material.corner[members], times)
        for position, (x, y) in zip(members, material.corner[members] - origin, strict=True):
            images[position] = _window(field, int(x), int(y), images.shape[1:3], times)
    return images


def _field(
    images: NDArray[np.uint8], corner: NDArray[np.int64], times: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What is known of a tile, with a margin for the widest window, and the place of its first pixel (x, y)."""
    height, width = images.shape[1:3]
    margin = np.array([width, height]) * times // 2
    origin = corner.min(axis=0) - margin
    size = corner.max(axis=0) + np.array([width, height]) + margin - origin
    field = np.empty((size[1], size[0], 3), np.uint8)
    field[:] = images.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    for image, (x, y) in zip(images, corner - origin, strict=True):
        field[y : y + height, x : x + width] = image
    return field, origin


def _window(field: NDArray[np.uint8], x: int, y: int, size: tuple[int, ...], times: int) -> NDArray[np.uint8]:
    """The window around a crop at x, y of the field, shrunk to the size of the crop."""
    height, width = size
    left, top = x - (times - 1) * width // 2, y - (times - 1) * height // 2
    window = Image.fromarray(field[top : top + times * height, left : left + times * width])
    return np.asarray(window.resize((width, height), Image.Resampling.BOX))
