"""Overlaps against exact truth: crops cut at known places of random fields."""

import itertools
import re
from dataclasses import fields

import numpy as np
import pytest

from nucleoscope.data.overlap import Leak, Overlaps, find_overlaps, leak, spilling
from nucleoscope.errors import DataError


def make_field(rng, height=300, width=300):
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def cut(field, corners, height=100, width=100):
    """Crops of a field with their top-left at each (x, y)."""
    return np.stack([field[y : y + height, x : x + width] for x, y in corners])


def random_crops(rng, fields=4, crops=60, height=100, width=100):
    """Shuffled crops of several fields, with the field and corner of each."""
    extent_y, extent_x = 3 * height, 3 * width
    images, corners = [], []
    for _ in range(fields):
        places = np.stack(
            [rng.integers(0, extent_x - width + 1, crops), rng.integers(0, extent_y - height + 1, crops)],
            axis=1,
        )
        images.append(cut(make_field(rng, extent_y, extent_x), places, height, width))
        corners.append(places)
    order = rng.permutation(fields * crops)
    field = np.repeat(np.arange(fields), crops)
    return np.concatenate(images)[order], field[order], np.concatenate(corners)[order]


def true_pairs(field, corners, height=100, width=100):
    """{(i, j): (dx, dy)} of all crops that lie over each other, by comparing every two."""
    pairs = {}
    for i, j in itertools.combinations(range(len(field)), 2):
        dx, dy = (corners[j] - corners[i]).tolist()
        if field[i] == field[j] and abs(dx) < width and abs(dy) < height:
            pairs[i, j] = (dx, dy)
    return pairs


def found_pairs(overlaps):
    return dict(
        zip(map(tuple, overlaps.pairs.tolist()), map(tuple, overlaps.offsets.tolist()), strict=True),
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("height", "width"), [(100, 100), (24, 24), (24, 60), (80, 32), (130, 210)])
def test_every_pair_is_found_at_its_exact_offset(seed, height, width):
    images, field, corners = random_crops(np.random.default_rng(seed), height=height, width=width)
    overlaps = find_overlaps(images)
    assert overlaps.tiles == 4
    assert found_pairs(overlaps) == true_pairs(field, corners, height, width)
    assert overlaps.conflicts == 0


@pytest.mark.parametrize("seed", range(5))
def test_sparse_crops_give_exact_pairs_in_tiles_that_never_mix_fields(seed):
    images, field, corners = random_crops(np.random.default_rng(seed), fields=8, crops=6)
    overlaps = find_overlaps(images)
    truth = true_pairs(field, corners)
    found = found_pairs(overlaps)
    assert found == {pair: truth[pair] for pair in truth if overlaps.tile[pair[0]] == overlaps.tile[pair[1]]}
    for tile in range(overlaps.tiles):
        assert len(set(field[overlaps.tile == tile])) == 1
    missed = [offset for pair, offset in truth.items() if pair not in found]
    assert all((100 - abs(dx)) * (100 - abs(dy)) < 800 for dx, dy in missed)  # the documented fortieth


def test_coordinates_are_those_of_the_field_and_start_at_zero():
    images, field, corners = random_crops(np.random.default_rng(0))
    overlaps = find_overlaps(images)
    for number in range(4):
        mine = field == number
        np.testing.assert_array_equal(overlaps.x[mine], corners[mine, 0] - corners[mine, 0].min())
        np.testing.assert_array_equal(overlaps.y[mine], corners[mine, 1] - corners[mine, 1].min())


def test_tiles_are_numbered_in_the_order_of_their_first_crops():
    images, _, _ = random_crops(np.random.default_rng(1), fields=6, crops=5)
    tile = find_overlaps(images).tile
    firsts = [int(np.flatnonzero(tile == number)[0]) for number in range(tile.max() + 1)]
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("dx", "dy"), [(90, 0), (0, 90), (-90, 0), (80, 75), (20, -90)])
def test_a_thin_strip_links_two_crops(seed, dx, dy):
    field = make_field(np.random.default_rng(seed))
    images = cut(field, [(100, 100), (100 + dx, 100 + dy)])
    assert found_pairs(find_overlaps(images)) == {(0, 1): (dx, dy)}


def test_a_pair_too_small_to_link_is_found_through_a_third_crop():
    field = make_field(np.random.default_rng(0))
    corners = [(0, 0), (99, 99), (50, 50)]
    overlaps = find_overlaps(cut(field, corners))
    assert found_pairs(overlaps) == {(0, 1): (99, 99), (0, 2): (50, 50), (1, 2): (-49, -49)}
    assert overlaps.shared_fraction.tolist() == [0.0001, 0.25, 51 * 51 / 10_000]


def test_a_long_chain_of_crops_is_one_tile():
    field = make_field(np.random.default_rng(0), 100, 50 * 300 + 100)
    overlaps = find_overlaps(cut(field, [(50 * step, 0) for step in range(301)]))
    assert overlaps.tiles == 1
    assert overlaps.x.tolist() == [50 * step for step in range(301)]
    assert len(overlaps.pairs) == 300


def backgrounds():
    """Pictures that look the same in many places: they must not link what shares nothing."""
    flat = np.full((100, 100, 3), 255, np.uint8)
    padded_left, corner, stripes, grid = flat.copy(), flat.copy(), flat.copy(), flat.copy()
    padded_left[:, :40] = 0
    corner[:30, :30] = 0
    stripes[:, ::2] = 90
    grid[::9] = 90
    grid[:, ::9] = 90
    return {"white": flat, "edge": padded_left, "corner": corner, "stripes": stripes, "grid": grid}


@pytest.mark.parametrize("name", ["white", "edge", "corner", "stripes", "grid"])
def test_background_does_not_link(name):
    picture = backgrounds()[name]
    rng = np.random.default_rng(0)
    images = np.stack([picture] * 30)
    images[:, 60:, 60:] = rng.integers(0, 256, (30, 40, 40, 3), dtype=np.uint8)  # something of its own in each
    overlaps = find_overlaps(images)
    assert overlaps.tiles == 30
    assert len(overlaps.pairs) == 0


def test_padding_at_the_border_of_a_field_does_not_hide_overlaps():
    rng = np.random.default_rng(0)
    fields = [np.pad(make_field(rng, 150, 150), ((50, 50), (50, 50), (0, 0)), constant_values=255) for _ in range(5)]
    corners = [(x, y) for x in (0, 50, 100, 150) for y in (0, 50, 100, 150)]
    overlaps = find_overlaps(np.concatenate([cut(field, corners) for field in fields]))
    owner = np.repeat(np.arange(5), 16)
    assert found_pairs(overlaps) == true_pairs(owner, np.array(corners * 5))
    assert overlaps.tiles == 5


def test_identical_crops_link_at_no_offset():
    rng = np.random.default_rng(0)
    first, second = cut(make_field(rng), [(0, 0), (150, 150)])
    overlaps = find_overlaps(np.stack([first, second, first, first]))
    assert found_pairs(overlaps) == {(0, 2): (0, 0), (0, 3): (0, 0), (2, 3): (0, 0)}
    assert overlaps.shared_fraction.tolist() == [1, 1, 1]
    assert overlaps.tile.tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_crops_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    images, _, _ = random_crops(rng, fields=6, crops=10)
    order = rng.permutation(len(images))
    straight, shuffled = find_overlaps(images), find_overlaps(images[order])
    back = {}
    for (i, j), (dx, dy) in found_pairs(shuffled).items():
        a, b = int(order[i]), int(order[j])
        back[min(a, b), max(a, b)] = (dx, dy) if a < b else (-dx, -dy)
    assert back == found_pairs(straight)
    same = straight.tile[:, None] == straight.tile
    np.testing.assert_array_equal(same[order][:, order], shuffled.tile[:, None] == shuffled.tile)
    np.testing.assert_array_equal(straight.x[order], shuffled.x)


def test_the_stronger_of_two_links_gives_the_offset():
    field = make_field(np.random.default_rng(0))
    field[0:30, 40:70] = field[70:100, 70:100]  # in the top-left of the second and the bottom-right of the first
    overlaps = find_overlaps(cut(field, [(0, 0), (40, 0)]))
    assert found_pairs(overlaps) == {(0, 1): (40, 0)}
    assert overlaps.conflicts == 1


def test_the_same_picture_in_two_fields_joins_them_but_adds_no_false_pair():
    rng = np.random.default_rng(0)
    here, there = make_field(rng), make_field(rng)
    there[:30, :30] = here[70:100, 70:100]
    corners = [(0, 0), (30, 0), (0, 30), (60, 60)]
    images = np.concatenate([cut(here, corners), cut(there, corners)])
    overlaps = find_overlaps(images)
    truth = true_pairs(np.repeat([0, 1], 4), np.array(corners * 2))
    assert overlaps.tiles == 1
    assert found_pairs(overlaps) == truth | {(0, 4): (70, 70)}
    assert overlaps.conflicts > 0


def test_a_memory_map_gives_the_same(tmp_path):
    images, _, _ = random_crops(np.random.default_rng(0), fields=2, crops=10)
    np.save(tmp_path / "crops.npy", images)
    mapped = find_overlaps(np.load(tmp_path / "crops.npy", mmap_mode="r"))
    assert found_pairs(mapped) == found_pairs(find_overlaps(images))


@pytest.mark.parametrize("limit", [16_000, 500_000])
def test_windows_that_do_not_fit_in_memory_give_the_same(monkeypatch, limit):
    images, _, _ = random_crops(np.random.default_rng(0), fields=3, crops=40)
    held = find_overlaps(images)
    monkeypatch.setattr(spilling, "BYTES_IN_MEMORY", limit)
    spilled = find_overlaps(images)
    assert len(held.pairs) > 0
    for field in fields(Overlaps):
        np.testing.assert_array_equal(getattr(spilled, field.name), getattr(held, field.name))


def test_exact_crops_lie_as_they_are():
    images, _, _ = random_crops(np.random.default_rng(0), fields=2, crops=20)
    assert find_overlaps(images).orientation.tolist() == [0] * 40


def test_one_crop_is_one_tile():
    overlaps = find_overlaps(make_field(np.random.default_rng(0), 100, 100)[None])
    assert (overlaps.tiles, len(overlaps), overlaps.pairs.shape) == (1, 1, (0, 2))
    assert (overlaps.tile.tolist(), overlaps.x.tolist(), overlaps.y.tolist()) == ([0], [0], [0])


def test_no_crops_are_no_tiles():
    overlaps = find_overlaps(np.empty((0, 100, 100, 3), np.uint8))
    assert (overlaps.tiles, len(overlaps), overlaps.pairs.shape) == (0, 0, (0, 2))
    assert overlaps.shared_fraction.shape == (0,)
    nobody = np.empty(0, np.int64)
    assert leak(overlaps, nobody, nobody) == Leak(0.0, 0.0)


def test_all_arrays_are_int64():
    overlaps = find_overlaps(random_crops(np.random.default_rng(0), fields=2, crops=5)[0])
    for array in (overlaps.tile, overlaps.x, overlaps.y, overlaps.pairs, overlaps.offsets):
        assert array.dtype == np.int64


def test_progress_rises_to_one():
    shares = []
    find_overlaps(random_crops(np.random.default_rng(0), fields=2)[0], progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.zeros((2, 30, 30), np.uint8),
            "crops have shape (2, 30, 30) and type uint8; expected (N, height, width, 3) and uint8",
        ),
        (
            np.zeros((2, 30, 30, 3), np.float32),
            "crops have shape (2, 30, 30, 3) and type float32; expected (N, height, width, 3) and uint8",
        ),
        (
            np.zeros((2, 7, 30, 3), np.uint8),
            "crops are 30x7 pixels; expected at least 8 on each side: cut larger crops",
        ),
    ],
)
def test_other_arrays_are_refused(images, message):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        find_overlaps(images)


def five_crops():
    """Crops 0, 1, 2 along a row, 50 and 25 pixels apart, 3 in the same place as 2, and 4 elsewhere."""
    field = make_field(np.random.default_rng(0))
    return find_overlaps(cut(field, [(0, 0), (50, 0), (75, 0), (75, 0), (200, 200)]))


def test_leak_is_measured_on_validation_crops():
    overlaps = five_crops()
    assert leak(overlaps, np.array([0, 1]), np.array([2, 4])) == Leak(share=0.5, mean_largest=0.375)
    assert leak(overlaps, np.array([0, 1, 2, 3]), np.array([4])) == Leak(0.0, 0.0)
    assert leak(overlaps, np.array([2]), np.array([3])) == Leak(1.0, 1.0)


def test_leak_takes_masks_too():
    train = np.array([True, True, False, False, False])
    validation = np.array([False, False, True, False, True])
    assert leak(five_crops(), train, validation) == Leak(share=0.5, mean_largest=0.375)


def test_the_closest_crop_is_the_one_that_shares_most_and_the_first_of_equals():
    crop, fraction = five_crops().closest(among=np.array([0, 2, 3]), of=np.array([4, 1, 0]))
    assert crop.tolist() == [-1, 2, 2]
    assert fraction.tolist() == [0.0, 0.75, 0.25]
