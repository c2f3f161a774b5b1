"""The field that crops were cut from reappears, and no picture is too large."""

import numpy as np
import pytest

from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.overlap.mosaic import UNKNOWN, lay_out
from nucleoscope.data.synthetic import crop_origins, cut_crops, make_field


def cut(field, x, y, height=24, width=40):
    return [field[top : top + height, left : left + width] for left, top in zip(x, y, strict=True)]


def test_the_field_reappears_from_crops_alone():
    field = make_field(seed=1, size=260)
    crops = cut_crops([field], size=64)
    overlaps = find_overlaps(crops.images)
    assert overlaps.tiles == 1
    mosaic = lay_out(overlaps.x, overlaps.y, overlaps.size, crops.images)
    origins = crop_origins([field], size=64)
    seen = np.full_like(field.image, UNKNOWN)
    for x, y in origins:
        seen[y : y + 64, x : x + 64] = field.image[y : y + 64, x : x + 64]
    (left, top), (height, width) = origins.min(axis=0), mosaic.extent
    np.testing.assert_array_equal(mosaic.image, seen[top : top + height, left : left + width])
    assert mosaic.step == 1


def test_places_count_from_the_first_crop_of_the_tile():
    field = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)
    x, y = np.array([107, 100, 120]), np.array([50, 57, 60])
    mosaic = lay_out(x, y, (24, 40), cut(field, x - 100, y - 50))
    assert mosaic.image.shape == (34, 60, 3)
    assert mosaic.extent == (34, 60)
    assert mosaic.centres.tolist() == [[27.0, 12.0], [20.0, 19.0], [40.0, 22.0]]
    np.testing.assert_array_equal(mosaic.image[mosaic.known], field[:34, :60][mosaic.known])
    assert not mosaic.known[0, 0]
    assert mosaic.known.sum() == (mosaic.image != UNKNOWN).any(axis=2).sum()


@pytest.mark.parametrize("longest", [1, 7, 20, 30, 59])
def test_of_a_tile_that_is_too_large_every_nth_pixel_is_shown(longest):
    field = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0, 21, 5), np.arange(0, 37, 3)))
    mosaic = lay_out(x, y, (24, 40), cut(field, x, y), longest)
    assert max(mosaic.image.shape) <= max(longest, 3)
    assert mosaic.extent == (60, 60)
    np.testing.assert_array_equal(mosaic.image, field[:: mosaic.step, :: mosaic.step])
    np.testing.assert_allclose(mosaic.centres * mosaic.step, np.stack([x + 20, y + 12], axis=1))


def test_a_chain_of_a_million_pixels_makes_a_small_picture():
    x = np.arange(0, 1_000_000, 500)
    crop = np.zeros((24, 40, 3), np.uint8)
    mosaic = lay_out(x, np.zeros_like(x), (24, 40), (crop for _ in x))
    assert max(mosaic.image.shape) <= 2000
