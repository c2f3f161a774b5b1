"""Crops that show more of the field: what surrounds a nucleus, put together again from the crops of its tile.

Only where the field is known can a nucleus be looked at so; figures are reported apart, as those of `context`.
"""

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.surroundings import TilePlaces, wide_crops
from tissue.material import Material


def widened(material: Material, times: int) -> NDArray[np.uint8]:
    """Crops (N, H, W, 3) of so many times the side, around the same nuclei, of the same number of pixels."""
    images = np.empty_like(material.images)
    size = (images.shape[1], images.shape[2])
    places = TilePlaces(material.tile, material.corner, np.zeros_like(material.tile))
    for position, wide in wide_crops(lambda number: material.images[number], places, size, times):
        images[position] = wide
    return images
