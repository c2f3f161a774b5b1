import numpy as np
import pytest

from nucleoscope.training.capping import first_of_each, room_for_each


def test_the_first_of_each_group_are_kept():
    group = np.array([3, 1, 3, 3, 1, 2])
    np.testing.assert_array_equal(first_of_each(group, 2), [True, True, True, False, True, True])


@pytest.mark.parametrize("most", [1, 7])
def test_no_group_has_more_than_its_share(most):
    group = np.random.default_rng(0).integers(0, 9, 200)
    kept = first_of_each(group, most)
    np.testing.assert_array_equal(np.bincount(group[kept]), np.minimum(np.bincount(group), most))


def test_nothing_is_kept_of_nothing():
    assert first_of_each(np.empty(0, np.int64), 3).shape == (0,)


@pytest.mark.parametrize(
    ("sizes", "room"),
    [
        ([900, 10, 20], 310),  # the mean is more than the fifty that are never cut
        ([300, 10, 20, 1], 83),
        ([100, 1, 1, 1], 50),
        ([200, 200, 200], 200),  # nothing to even out
    ],
)
def test_groups_are_cut_to_the_mean_but_not_below_the_least(sizes, room):
    assert room_for_each(np.repeat(np.arange(len(sizes)), sizes), 50) == room


def test_there_is_room_where_nothing_is():
    assert room_for_each(np.empty(0, np.int64), 50) == 50
