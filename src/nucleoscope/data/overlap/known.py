"""Overlaps of crops whose places in their fields are known: nothing has to be recognised."""

import numpy as np

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.overlap.search import Overlaps
from nucleoscope.data.overlap.tiles import Places, over_each_other
from nucleoscope.errors import DataError


def known_overlaps(places: FieldPlaces, size: tuple[int, int]) -> Overlaps:
    """Which crops share pixels, by their places; a field is a tile, connected by crops or not.

    Two fields that show the same tissue are two tiles here: only pixels could tell.

    Args:
        places: of N crops, with their corners.
        size: height and width of a crop in pixels.

    Raises:
        DataError: the corners are not known.
    """
    if places.corners is None:
        raise DataError("only the fields of the crops are known, not their places; find what they share by pixels")
    _, first, number = np.unique(np.asarray(places.fields), return_index=True, return_inverse=True)
    tile = np.argsort(np.argsort(first))[number].astype(np.int64)  # in the order of their first crops
    least = np.full((len(first), 2), np.iinfo(np.int64).max)
    np.minimum.at(least, tile, places.corners)
    corner = places.corners - least[tile]
    pairs = over_each_other(Places(tile, corner, np.zeros_like(tile)), size)
    x, y = corner.T
    return Overlaps(tile, x, y, pairs, corner[pairs[:, 1]] - corner[pairs[:, 0]], size)
