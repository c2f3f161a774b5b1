"""Overlaps from places, compared with those that pixels reveal."""

import numpy as np
import pytest

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.mirror import cut_at
from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.overlap.known import known_overlaps
from nucleoscope.data.overlap.windows import WINDOW
from nucleoscope.errors import DataError

SIZE = (40, 32)


def test_places_say_what_pixels_say():
    random = np.random.default_rng(4)
    fields = random.integers(0, 256, (3, 120, 150, 3), dtype=np.uint8)
    corners = random.integers(-15, 120, (60, 2))
    number = random.permutation(60) % 3
    images = np.concatenate([cut_at(fields[f], corners[i : i + 1], SIZE) for i, f in enumerate(number)])
    by_pixels = find_overlaps(images)
    by_places = known_overlaps(FieldPlaces(tuple(f"f{f}" for f in number), corners), SIZE)
    offset = dict(zip(map(tuple, by_places.pairs.tolist()), by_places.offsets.tolist(), strict=True))
    assert len(by_pixels.pairs) > 50
    for pair, dx_dy in zip(map(tuple, by_pixels.pairs.tolist()), by_pixels.offsets.tolist(), strict=True):
        assert offset[pair] == dx_dy
    # Beyond those, pixels do not reveal a few pixels in common; all of these are in one field.
    first, second = by_places.pairs.T
    assert (number[first] == number[second]).all()
    missed = set(offset) - set(map(tuple, by_pixels.pairs.tolist()))
    for dx, dy in (offset[pair] for pair in missed):
        width, height = SIZE[1] - abs(dx), SIZE[0] - abs(dy)
        assert min(width, height) < WINDOW or width * height < 0.05 * SIZE[0] * SIZE[1]


def test_a_field_is_a_tile_whether_its_crops_touch_or_not():
    places = FieldPlaces(("b", "a", "b", "b"), np.array([[-5, 7], [0, 0], [500, 500], [-4, 9]]))
    found = known_overlaps(places, SIZE)
    assert found.tile.tolist() == [0, 1, 0, 0]
    assert (found.x.tolist(), found.y.tolist()) == ([0, 0, 505, 1], [0, 0, 493, 2])
    assert found.pairs.tolist() == [[0, 3]]
    assert found.offsets.tolist() == [[1, 2]]


def test_fields_alone_are_not_enough():
    with pytest.raises(DataError, match=r"^only the fields of the crops are known, not their places; find what they"):
        known_overlaps(FieldPlaces(("a", "b")), SIZE)
