"""Chosen crops are what their reason says."""

import numpy as np
import pytest

from nucleoscope.explanation.choose import Reason, choose

PROBABILITIES = np.array(
    [
        [0.90, 0.05, 0.05],  # 0 right
        [0.97, 0.02, 0.01],  # 1 right, surest
        [0.10, 0.80, 0.10],  # 2 wrong, surest
        [0.20, 0.45, 0.35],  # 3 wrong
        [0.40, 0.39, 0.21],  # 4 right, least sure
        [0.10, 0.80, 0.10],  # 5 right
        [0.20, 0.60, 0.20],  # 6 right
    ]
)
LABELS = np.array([0, 0, 0, 0, 0, 1, 1])


def picked(chosen):
    return [(crop.index, crop.true, crop.reason) for crop in chosen]


def test_one_of_each_kind():
    assert picked(choose(PROBABILITIES, LABELS)) == [
        (1, 0, Reason.SUREST_RIGHT),
        (2, 0, Reason.SUREST_WRONG),
        (4, 0, Reason.LEAST_SURE),
        (5, 1, Reason.SUREST_RIGHT),
        (6, 1, Reason.LEAST_SURE),  # no crop of class 1 is wrong, and class 2 has none
    ]


def test_two_of_each_kind_and_none_twice():
    chosen = choose(PROBABILITIES, LABELS, each=2)
    assert picked(chosen)[:5] == [
        (1, 0, Reason.SUREST_RIGHT),
        (0, 0, Reason.SUREST_RIGHT),
        (2, 0, Reason.SUREST_WRONG),
        (3, 0, Reason.SUREST_WRONG),
        (4, 0, Reason.LEAST_SURE),
    ]
    assert len({crop.index for crop in chosen}) == len(chosen)


def test_reasons_hold_on_many_crops():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(5), size=400)
    labels = generator.integers(0, 5, 400)
    for crop in choose(probabilities, labels, each=2):
        assert crop.true == labels[crop.index]
        assert crop.predicted == probabilities[crop.index].argmax()
        assert crop.probability == probabilities[crop.index].max()
        same = probabilities[(labels == crop.true)]
        right = same.argmax(axis=1) == crop.true
        if crop.reason is Reason.LEAST_SURE:
            continue
        assert (crop.predicted == crop.true) == (crop.reason is Reason.SUREST_RIGHT)
        rivals = same[right if crop.reason is Reason.SUREST_RIGHT else ~right].max(axis=1)
        assert (rivals > crop.probability).sum() < 2


@pytest.mark.parametrize("seed", [0, 1])
def test_seed_decides_between_equals_and_nothing_else(seed):
    equal = np.tile([0.8, 0.2], (50, 1))
    labels = np.zeros(50, dtype=np.int64)
    assert picked(choose(equal, labels, seed=seed)) == picked(choose(equal, labels, seed=seed))
    assert picked(choose(equal, labels, seed=seed)) != picked(choose(equal, labels, seed=seed + 2))
    assert picked(choose(PROBABILITIES, LABELS, seed=seed)) == picked(choose(PROBABILITIES, LABELS))


def test_no_crops_no_choice():
    assert choose(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == []
