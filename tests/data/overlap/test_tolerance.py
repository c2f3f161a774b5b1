"""Overlaps of crops that were changed after they were cut, against where they were cut."""

import io
import math
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.overlap import Overlaps, find_overlaps, spilling
from nucleoscope.data.overlap.comparing import common
from nucleoscope.data.overlap.links import LinkKeys
from nucleoscope.data.overlap.symmetries import COMPOSED, INVERSE, turned
from nucleoscope.data.overlap.tiles import Places, over_each_other
from nucleoscope.data.overlap.tolerance import Tolerance, similar, unexplained
from nucleoscope.data.synthetic import crop_origins, cut_crops, make_fields

RECOMPRESSED, TURNED, BOTH = Tolerance(recompressed=True), Tolerance(turned=True), Tolerance(True, True)


def jpeg(image, quality):
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def noisy(image, deviation, rng):
    return np.clip(np.rint(image + rng.normal(0, deviation, image.shape)), 0, 255).astype(np.uint8)


def turn_all(images, symmetry):
    return np.stack([turned(image, number) for image, number in zip(images, symmetry.tolist(), strict=True)])


@pytest.fixture(scope="module")
def tissue():
    """Crops of three fields, and where they lie."""
    made = make_fields(3, seed=7, size=300)
    crops = cut_crops(made)
    tile = np.unique(crops.groups, return_inverse=True)[1]
    return crops.images, Places(tile, crop_origins(made), np.zeros(len(tile), np.int64))


def true_links(places, symmetry, size=(100, 100)):
    """Keys of the pairs that lie over each other, with offset and turn as seen from the first; and their shares."""
    first, second = over_each_other(places, size).T
    lying = Places(places.tile, places.corner, INVERSE[symmetry])
    apart = np.abs(places.corner[second] - places.corner[first])
    share = (size[1] - apart[:, 0]) * (size[0] - apart[:, 1]) / (size[0] * size[1])
    return LinkKeys(len(symmetry), size).pack(lying.between(first, second)), share


def found_links(overlaps):
    places = Places(overlaps.tile, np.column_stack([overlaps.x, overlaps.y]), overlaps.orientation)
    return LinkKeys(len(overlaps), overlaps.size).pack(places.between(*overlaps.pairs.T))


def assert_found(overlaps, places, symmetry, size=(100, 100)):
    truth, share = true_links(places, symmetry, size)
    hit = np.isin(truth, found_links(overlaps))
    assert hit[share >= 0.25].all()
    assert hit[share >= 0.1].mean() >= 0.97
    assert hit.mean() >= 0.95
    assert hit.sum() == len(overlaps.pairs)  # nothing else is reported
    assert overlaps.conflicts == 0


@pytest.mark.parametrize("quality", [95, 90, 80])
@pytest.mark.parametrize("tolerance", [RECOMPRESSED, BOTH])
def test_recompressed_crops_are_found_where_they_lie(tissue, quality, tolerance):
    images, places = tissue
    rng = np.random.default_rng(quality)
    symmetry = rng.integers(0, 8, len(images)) if tolerance.turned else np.zeros(len(images), np.int64)
    changed = np.stack([jpeg(image, quality) for image in turn_all(images, symmetry)])
    assert_found(find_overlaps(changed, tolerance=tolerance), places, symmetry)


def test_noisy_crops_are_found_where_they_lie(tissue):
    images, places = tissue
    rng = np.random.default_rng(0)
    symmetry = rng.integers(0, 8, len(images))
    changed = np.stack([noisy(image, 4, rng) for image in turn_all(images, symmetry)])
    assert_found(find_overlaps(changed, tolerance=BOTH), places, symmetry)


@pytest.mark.parametrize("seed", range(3))
def test_turned_crops_are_found_where_they_lie(tissue, seed):
    images, places = tissue
    symmetry = np.random.default_rng(seed).integers(0, 8, len(images))
    assert_found(find_overlaps(turn_all(images, symmetry), tolerance=TURNED), places, symmetry)


@pytest.mark.parametrize(("height", "width"), [(60, 100), (100, 64)])
@pytest.mark.parametrize("tolerance", [TURNED, BOTH])
def test_crops_that_are_not_square_may_be_flipped(tissue, height, width, tolerance):
    images, places = tissue
    symmetry = np.random.default_rng(0).integers(0, 4, len(images))
    changed = turn_all(images[:, :height, :width], symmetry)
    assert_found(find_overlaps(changed, tolerance=tolerance), places, symmetry, (height, width))


def test_crops_lie_as_the_first_of_their_tile_and_fit_together(tissue):
    images, _ = tissue
    images = turn_all(images, np.random.default_rng(1).integers(0, 8, len(images)))
    overlaps = find_overlaps(images, tolerance=TURNED)
    for tile in range(overlaps.tiles):
        members = np.flatnonzero(overlaps.tile == tile)
        assert overlaps.orientation[members[0]] == 0
        canvas = np.full((300, 300, 3), -1)
        for crop in members:
            x, y = overlaps.x[crop], overlaps.y[crop]
            there, picture = canvas[y : y + 100, x : x + 100], turned(images[crop], int(overlaps.orientation[crop]))
            assert ((there == picture) | (there == -1)).all()
            there[:] = picture


def test_a_turned_pair_is_reported_in_the_frame_of_the_first():
    field = np.random.default_rng(0).integers(0, 256, (150, 150, 3), dtype=np.uint8)
    first, second = field[20:120, 10:110], field[50:150, 15:115]
    overlaps = find_overlaps(np.stack([first, np.rot90(second)]), tolerance=TURNED)
    assert (overlaps.pairs.tolist(), overlaps.offsets.tolist()) == ([[0, 1]], [[5, 30]])
    np.testing.assert_array_equal(turned(np.rot90(second), int(overlaps.orientation[1])), second)
    swapped = find_overlaps(np.stack([np.rot90(second), first]), tolerance=TURNED)
    assert swapped.offsets.tolist() == [[-30, 5]]
    assert COMPOSED[swapped.orientation[1], overlaps.orientation[1]] == 0


def test_without_turning_all_lie_as_they_are(tissue):
    images, _ = tissue
    changed = np.stack([jpeg(image, 80) for image in images])
    assert set(find_overlaps(changed, tolerance=RECOMPRESSED).orientation.tolist()) == {0}


def test_by_default_pixels_must_be_equal(tissue):
    images, _ = tissue
    assert len(find_overlaps(np.stack([jpeg(image, 95) for image in images])).pairs) == 0


@pytest.mark.parametrize("tolerance", [RECOMPRESSED, TURNED])
def test_one_tolerance_is_not_the_other(tissue, tolerance):
    images, _ = tissue
    pair = [jpeg(images[0], 80), jpeg(turned(images[0], 5), 80)]
    assert len(find_overlaps(np.stack(pair), tolerance=tolerance).pairs) == 0
    assert len(find_overlaps(np.stack(pair), tolerance=BOTH).pairs) == 1


def backgrounds():
    """Pictures that look the same in many places: they must not link what shares nothing."""
    flat = np.full((100, 100, 3), 255, np.uint8)
    edge, corner, stripes, grid, dots = (flat.copy() for _ in range(5))
    edge[:, :40] = 0
    corner[:30, :30] = 0
    stripes[:, ::2] = 90
    grid[::9] = 90
    grid[:, ::9] = 90
    dots[4::12, 4::12] = 0
    dots[5::12, 4::12] = 0
    return {"white": flat, "edge": edge, "corner": corner, "stripes": stripes, "grid": grid, "dots": dots}


@pytest.mark.parametrize("name", backgrounds())
@pytest.mark.parametrize("tolerance", [RECOMPRESSED, TURNED, BOTH])
@pytest.mark.parametrize("quality", [None, 80])
def test_background_does_not_link(tissue, name, tolerance, quality):
    own = tissue[0][:3, 60:, 60:]  # something of its own in each
    images = np.stack([backgrounds()[name]] * 3)
    images[:, 60:, 60:] = own
    if tolerance.turned:
        images = turn_all(images, np.array([0, 3, 6]))
    if quality:
        images = np.stack([jpeg(image, quality) for image in images])
    overlaps = find_overlaps(images, tolerance=tolerance)
    assert (overlaps.tiles, len(overlaps.pairs)) == (3, 0)


def test_different_fields_do_not_link():
    made = make_fields(12, seed=40, size=128)
    images = np.stack([jpeg(field.image[:100, :100], 80) for field in made])
    overlaps = find_overlaps(images, tolerance=BOTH)
    assert (overlaps.tiles, len(overlaps.pairs)) == (12, 0)


def test_signatures_that_do_not_fit_in_memory_give_the_same(tissue, monkeypatch):
    images, _ = tissue
    held = find_overlaps(images, tolerance=BOTH)
    monkeypatch.setattr(spilling, "BYTES_IN_MEMORY", 300_000)
    spilled = find_overlaps(images, tolerance=BOTH)
    for field in fields(Overlaps):
        np.testing.assert_array_equal(getattr(spilled, field.name), getattr(held, field.name))


@pytest.mark.parametrize("tolerance", [RECOMPRESSED, TURNED])
def test_progress_rises_to_one(tissue, tolerance):
    shares = []
    find_overlaps(tissue[0][:20], tolerance=tolerance, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("size", [8, 12, 13, 24])
@pytest.mark.parametrize("tolerance", [RECOMPRESSED, BOTH])
def test_small_crops_are_no_error(size, tolerance):
    images = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), dtype=np.uint8)
    assert find_overlaps(images, tolerance=tolerance).tiles == 3
    assert find_overlaps(images[:0], tolerance=tolerance).tiles == 0


def test_a_picture_explains_itself_and_nothing_explains_flat_ones(tissue):
    images, _ = tissue
    assert unexplained(images[0], images[0]) == 0.0
    assert unexplained(images[0], jpeg(images[0], 80)) < 0.1
    assert unexplained(images[0], images[0][::-1]) == math.inf
    flat = np.full((100, 100, 3), 200, np.uint8)
    assert unexplained(flat, flat) == math.inf
    assert similar(flat, flat)
    assert not similar(flat, flat - 12)


def test_a_small_part_that_differs_is_not_outweighed_by_a_large_one_that_does_not(tissue):
    images, _ = tissue
    picture, other = np.full((2, 100, 100, 3), 255, np.uint8)
    picture[:30, :30] = other[:30, :30] = 0
    assert similar(picture, other)
    other[80:95, 80:95] = images[0, :15, :15]
    assert not similar(picture, other)


def test_what_is_common_to_two_crops_is_the_same_place():
    field = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    for symmetry in range(8):
        images = np.stack([field[30:130, 40:140], turned(field[10:110, 55:155], int(INVERSE[symmetry]))])
        first, second = common(images, (0, 1, 15, -20, symmetry))
        np.testing.assert_array_equal(first, field[30:110, 55:140])
        np.testing.assert_array_equal(second, first)
