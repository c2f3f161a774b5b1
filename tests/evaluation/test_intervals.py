import numpy as np
import pytest

from nucleoscope.evaluation.intervals import accuracy_interval


def test_over_crops_it_is_that_of_a_proportion():
    correct = np.arange(1000) < 900
    low, high = accuracy_interval(correct)
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert low == pytest.approx(0.9 - half, abs=0.004)
    assert high == pytest.approx(0.9 + half, abs=0.004)


def test_over_tiles_it_is_wider_when_tiles_differ():
    tile = np.repeat(np.arange(20), 50)
    correct = tile < 18  # two tiles all wrong
    crops, tiles = accuracy_interval(correct), accuracy_interval(correct, tile)
    assert tiles[1] - tiles[0] > 3 * (crops[1] - crops[0])


def test_over_tiles_of_one_crop_it_is_that_over_crops():
    correct = np.arange(400) % 5 > 0
    crops, tiles = accuracy_interval(correct), accuracy_interval(correct, np.arange(400))
    assert tiles == pytest.approx(crops, abs=0.01)


@pytest.mark.parametrize("right", [True, False])
def test_all_alike_is_no_certainty(right):
    correct = np.full(20, right)
    for interval in (accuracy_interval(correct), accuracy_interval(correct, np.arange(20) % 10)):
        assert interval[1] - interval[0] > 0.1
        assert interval[int(right)] == pytest.approx(float(right))


def test_few_tiles_allow_no_interval():
    assert accuracy_interval(np.arange(50) % 5 > 0, np.arange(50) % 5) is None


def test_the_seed_decides():
    correct = np.arange(50) % 3 > 0
    tile = np.arange(50) % 10
    assert accuracy_interval(correct, tile, seed=1) == accuracy_interval(correct, tile, seed=1)
