import numpy as np
import pytest

from nucleoscope.evaluation.intervals import Intervals, bootstrap_intervals

CLASSES = 2


def _intervals(correct, tile=None, seed=0):
    """Of predictions that are right or wrong as told, classes in turn."""
    labels = np.arange(len(correct)) % CLASSES
    return bootstrap_intervals(labels, np.where(correct, labels, 1 - labels), CLASSES, tile, seed=seed)


def _width(interval):
    return interval[1] - interval[0]


def test_over_crops_it_is_that_of_a_proportion():
    low, high = _intervals(np.arange(1000) % 10 > 0).accuracy
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert low == pytest.approx(0.9 - half, abs=0.004)
    assert high == pytest.approx(0.9 + half, abs=0.004)


def test_over_tiles_it_is_wider_when_tiles_differ():
    tile = np.repeat(np.arange(20), 50)
    correct = tile < 18  # two tiles all wrong
    crops, tiles = _intervals(correct), _intervals(correct, tile)
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        assert _width(getattr(tiles, name)) > 3 * _width(getattr(crops, name))


def test_over_tiles_of_one_crop_it_is_that_over_crops():
    correct = np.arange(400) % 5 > 0
    crops, tiles = _intervals(correct), _intervals(correct, np.arange(400))
    assert tiles.accuracy == pytest.approx(crops.accuracy, abs=0.01)
    assert tiles.macro_f1 == pytest.approx(crops.macro_f1, abs=0.01)


@pytest.mark.parametrize("right", [True, False])
def test_all_alike_is_no_certainty(right):
    correct = np.full(20, right)
    for found in (_intervals(correct), _intervals(correct, np.arange(20) // 2)):
        assert _width(found.accuracy) > 0.1
        assert found.accuracy[int(right)] == pytest.approx(float(right))


def test_few_tiles_allow_no_interval():
    assert _intervals(np.arange(50) % 5 > 0, np.arange(50) % 5) == Intervals(None, None, None, (None, None))


def test_a_class_has_its_own_interval_around_its_recall():
    labels = np.repeat([0, 1], 500)
    predicted = np.where(np.arange(1000) % 10 == 0, 1 - labels, labels)
    predicted[:500] = 0
    sure, unsure = bootstrap_intervals(labels, predicted, 3).recall[:2]
    assert sure == (1.0, 1.0)
    assert unsure[0] < 0.9 < unsure[1]


def test_a_class_that_does_not_occur_or_on_few_tiles_has_none():
    labels = np.where(np.arange(200) < 20, 1, 0)  # class 1 on two tiles, class 2 nowhere
    found = bootstrap_intervals(labels, labels, 3, np.arange(200) // 10)
    assert found.recall[0] is not None
    assert found.recall[1:] == (None, None)


def test_the_seed_decides():
    correct = np.arange(50) % 3 > 0
    tile = np.arange(50) // 5
    assert _intervals(correct, tile, seed=1) == _intervals(correct, tile, seed=1)
