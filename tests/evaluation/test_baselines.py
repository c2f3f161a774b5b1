"""Baselines against answers that can be counted by hand, and proof that they see training labels only."""

import numpy as np
import pytest

from nucleoscope.data.overlap import Overlaps
from nucleoscope.data.splits import Protocol, Split
from nucleoscope.evaluation import baselines as module
from nucleoscope.evaluation.baselines import (
    Baseline,
    BaselineName,
    closest_crop,
    measure_baselines,
    nearest_colours,
    tile_majority,
)

CLASSES = ("a", "b", "c")
# Crops 0 to 3 on one tile, 4 to 6 on another, 7 alone; 0, 1, 2, 4, 5 are known.
KNOWN = np.array([0, 1, 1, -1, 2, 0, -1, -1])
HIDDEN = np.array([3, 6, 7])


@pytest.fixture
def overlaps():
    pairs = np.array([[0, 3], [1, 3], [2, 3], [3, 6], [4, 6]])
    offsets = np.array([[10, 0], [60, 0], [0, 50], [1, 1], [90, 90]])
    tile = np.array([0, 0, 0, 0, 1, 1, 1, 2])
    return Overlaps(tile, np.zeros(8, np.int64), np.zeros(8, np.int64), pairs, offsets, (100, 100))


@pytest.fixture
def split(overlaps):
    return Split(Protocol.RANDOM, np.array([0, 1, 4]), np.array([2, 5]), HIDDEN, overlaps.tile)


COLOURS = np.array([0, 1, 2, 1.2, 5, 6, 5.6, 100], np.float32)[:, None]


def test_the_closest_known_crop_gives_its_label(overlaps):
    # 6 shares most with 3, whose label is hidden: 4 is next. 7 shares with none.
    assert closest_crop(overlaps, KNOWN, HIDDEN).tolist() == [0, 2, -1]


def test_the_majority_of_the_tile_is_counted_among_known_crops(overlaps):
    # on the second tile both known classes have one crop: the first class
    assert tile_majority(overlaps.tile, KNOWN, HIDDEN).tolist() == [1, 0, -1]


def test_the_nearest_colours_give_a_label():
    assert nearest_colours(COLOURS, KNOWN, HIDDEN).tolist() == [1, 0, 0]


def test_what_baselines_get_right(overlaps, split):
    labels = np.where(KNOWN >= 0, KNOWN, 0)
    labels[HIDDEN] = [1, 2, 0]
    found = measure_baselines(overlaps, split, labels, CLASSES, COLOURS)
    assert found == {
        BaselineName.LARGEST_CLASS: Baseline(3, 3, pytest.approx(1 / 3), pytest.approx(1 / 3)),
        BaselineName.CLOSEST_CROP: Baseline(3, 2, pytest.approx(2 / 3), pytest.approx(2 / 3)),
        BaselineName.TILE_MAJORITY: Baseline(3, 2, pytest.approx(2 / 3), pytest.approx(2 / 3)),
        BaselineName.NEAREST_COLOURS: Baseline(3, 3, pytest.approx(2 / 3), pytest.approx(2 / 3)),
    }


def test_accuracy_and_balanced_accuracy_differ_where_classes_do(overlaps, split):
    labels = np.where(KNOWN >= 0, KNOWN, 0)
    labels[HIDDEN] = [0, 1, 0]  # closest says 0, 2 and, of the largest, 0
    found = measure_baselines(overlaps, split, labels, CLASSES, COLOURS)[BaselineName.CLOSEST_CROP]
    assert (found.accuracy, found.balanced_accuracy) == (pytest.approx(2 / 3), pytest.approx(1 / 2))


def test_labels_outside_training_only_judge(overlaps, split, monkeypatch):
    answers = []
    monkeypatch.setattr(module, "_judge", lambda answer, otherwise, *_: answers.append((answer.tolist(), otherwise)))
    for hidden in ([0, 0, 0], [2, 1, 2], [1, 1, 1]):
        labels = KNOWN.copy()
        labels[HIDDEN] = hidden
        measure_baselines(overlaps, split, labels, CLASSES, COLOURS)
    assert answers[:4] == answers[4:8] == answers[8:]


def test_of_many_crops_some_are_compared_by_colour(overlaps, split, monkeypatch):
    monkeypatch.setattr(module, "MOST_COMPARED", 2)
    labels = np.where(KNOWN >= 0, KNOWN, 0)
    found = measure_baselines(overlaps, split, labels, CLASSES, COLOURS)
    assert {name: baseline.crops for name, baseline in found.items()} == {
        BaselineName.LARGEST_CLASS: 3,
        BaselineName.CLOSEST_CROP: 3,
        BaselineName.TILE_MAJORITY: 3,
        BaselineName.NEAREST_COLOURS: 2,
    }
