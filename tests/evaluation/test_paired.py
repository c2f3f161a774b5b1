import numpy as np
import pytest

from nucleoscope.evaluation.intervals import bootstrap_intervals
from nucleoscope.evaluation.paired import paired_difference


def _right(count, wrong):
    right = np.ones(count, bool)
    right[wrong] = False
    return right


def test_equal_classifiers_differ_by_nothing():
    right = _right(100, slice(0, 20))
    found = paired_difference(right, right)
    assert (found.difference, found.interval, found.clear) == (0.0, (0.0, 0.0), False)
    assert (found.only_first, found.only_second, found.crops, found.tiles) == (0, 0, 100, None)


def test_the_interval_is_that_of_a_mean_of_differences_and_narrower_than_either_accuracy():
    first, second = _right(1000, slice(0, 200)), _right(1000, slice(0, 150))
    found = paired_difference(first, second)
    assert found.difference == pytest.approx(0.05)
    half = 1.96 * np.sqrt(0.05 * 0.95 / 1000)
    assert found.interval == pytest.approx((0.05 - half, 0.05 + half), abs=0.003)
    labels = np.zeros(1000, np.int64)
    low, high = bootstrap_intervals(labels, np.where(second, 0, 1), 2).accuracy
    assert found.interval[1] - found.interval[0] < high - low
    assert found.clear


def test_exchanging_the_two_turns_the_sign():
    first, second = _right(300, slice(0, 60)), _right(300, slice(30, 70))
    there, back = paired_difference(first, second), paired_difference(second, first)
    assert there.difference == -back.difference
    assert (there.only_first, there.only_second) == (back.only_second, back.only_first)


def test_over_tiles_a_gain_on_a_single_tile_is_no_clear_gain():
    tile = np.repeat(np.arange(10), 40)
    first, second = _right(400, slice(0, 40)), _right(400, slice(0, 0))  # the whole of tile 0
    assert paired_difference(first, second).clear
    over_tiles = paired_difference(first, second, tile)
    assert over_tiles.tiles == 10
    assert not over_tiles.clear


def test_too_few_tiles_allow_no_interval():
    tile = np.repeat(np.arange(5), 10)
    found = paired_difference(_right(50, slice(0, 10)), _right(50, slice(0, 5)), tile)
    assert found.interval is None
    assert not found.clear
