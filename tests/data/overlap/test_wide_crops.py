"""Wide crops show the field as it was, where any crop of the tile shows it."""

import dataclasses

import numpy as np
import pytest

from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.overlap import surroundings as module
from nucleoscope.data.overlap.surroundings import TilePlaces, wide_crops
from nucleoscope.data.overlap.symmetries import INVERSE, turned
from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.data.synthetic.cutting import crop_origins

SIZE, SIDE = 48, 192


@pytest.fixture(scope="module")
def tissue():
    """Two fields, the crops of both, and where these really lie."""
    fields = make_fields(2, seed=5, size=SIDE)
    crops = cut_crops(fields, SIZE)
    numbers = np.array([[field.name for field in fields].index(group) for group in crops.groups])
    return fields, crops, numbers, np.array([origin[-2:] for origin in crop_origins(fields, SIZE)])


def _wide(crops, places, times):
    found = np.empty((len(crops), times * SIZE, times * SIZE, 3), np.uint8)

    def picture(position):
        return turned(crops.images[position], int(places.orientation[position]))

    for position, wide in wide_crops(picture, places, crops.size, times):
        found[position] = wide
    return found


def _expected(fields, crops, numbers, corner, times):
    """Cut from the fields, with the mean colour of the field's crops where no crop of it shows anything."""
    for position, (number, (x, y)) in enumerate(zip(numbers, corner, strict=True)):
        own = numbers == number
        canvas = np.empty((SIDE + 2 * times * SIZE,) * 2 + (3,), np.uint8)
        canvas[:] = crops.images[own].mean(axis=(1, 2)).mean(axis=0).astype(np.uint8)
        margin = times * SIZE
        for left, top in corner[own]:
            shown = fields[number].image[top : top + SIZE, left : left + SIZE]
            canvas[margin + top :, margin + left :][:SIZE, :SIZE] = shown
        first_x, first_y = (margin + value - (times - 1) * SIZE // 2 for value in (x, y))
        yield position, canvas[first_y : first_y + times * SIZE, first_x : first_x + times * SIZE]


@pytest.mark.parametrize("times", [2, 3, 4])
@pytest.mark.parametrize("block", [1024, 40])
def test_what_lies_around_a_crop_is_that_of_its_field(tissue, times, block, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", block)
    fields, crops, numbers, corner = tissue
    wide = _wide(crops, TilePlaces(numbers, corner, np.zeros(len(crops), np.int64)), times)
    for position, expected in _expected(fields, crops, numbers, corner, times):
        np.testing.assert_array_equal(wide[position], expected)


def test_places_that_shared_pixels_reveal_do_as_well_as_those_that_are_known(tissue):
    _, crops, _, corner = tissue
    overlaps = find_overlaps(crops.images)
    found = TilePlaces(overlaps.tile, np.stack([overlaps.x, overlaps.y], axis=1), overlaps.orientation)
    known = TilePlaces(overlaps.tile, corner, found.orientation)  # a field may fall into several tiles
    np.testing.assert_array_equal(_wide(crops, found, 2), _wide(crops, known, 2))


def test_crops_that_lie_turned_are_turned_as_their_tile(tissue):
    _, crops, numbers, corner = tissue
    orientation = np.arange(len(crops)) % 8
    straight = _wide(crops, TilePlaces(numbers, corner, np.zeros_like(numbers)), 2)
    images = np.stack([turned(image, int(INVERSE[own])) for image, own in zip(crops.images, orientation, strict=True)])
    found = _wide(dataclasses.replace(crops, images=images), TilePlaces(numbers, corner, orientation), 2)
    np.testing.assert_array_equal(found, straight)


def test_where_places_contradict_each_other_a_crop_keeps_its_own_pixels():
    images = np.random.default_rng(0).integers(0, 256, (3, 24, 24, 3), dtype=np.uint8)
    places = TilePlaces(np.zeros(3, np.int64), np.array([[0, 0], [4, 0], [8, 3]]), np.zeros(3, np.int64))
    for position, wide in wide_crops(images.__getitem__, places, (24, 24), 2):
        np.testing.assert_array_equal(wide[12:36, 12:36], images[position])
