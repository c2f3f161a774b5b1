import numpy as np

from nucleoscope.data.splits.groups import join_groups


def test_a_group_of_many_tiles_is_one_unit():
    assert join_groups(np.array([0, 1, 2, 3]), ["a", "a", "b", "b"]).tolist() == [0, 0, 1, 1]


def test_groups_that_share_a_tile_are_one_unit():
    tile = np.array([0, 1, 1, 2, 3])
    assert join_groups(tile, ["a", "a", "b", "b", "c"]).tolist() == [0, 0, 0, 0, 1]


def test_units_are_numbered_by_their_first_crops():
    assert join_groups(np.array([2, 0, 1, 0]), ["z", "y", "x", "y"]).tolist() == [0, 1, 2, 1]


def test_no_tile_and_no_group_is_in_two_units():
    random = np.random.default_rng(0)
    tile, group = random.integers(40, size=300), random.integers(30, size=300).astype(str)
    unit = join_groups(tile, group.tolist())
    for column in (tile, group):
        assert all(len(np.unique(unit[column == value])) == 1 for value in np.unique(column))
