"""Samples keep the shares of the classes, or make them even."""

import numpy as np
import pytest

from nucleoscope.explanation.sample import even, proportional

LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 3], [600, 300, 100]))


@pytest.mark.parametrize("count", [10, 100, 997, 1000])
def test_proportional_keeps_shares(count):
    chosen = proportional(LABELS, count, seed=1)
    assert len(np.unique(chosen)) == count
    assert (np.diff(chosen) > 0).all()
    found = np.bincount(LABELS[chosen], minlength=4)
    assert np.abs(found - np.array([0.6, 0.3, 0.0, 0.1]) * count).max() <= 1


def test_even_takes_turns_and_goes_on_when_a_class_ends():
    assert LABELS[even(LABELS, 7, seed=1)].tolist() == [0, 1, 3, 0, 1, 3, 0]
    found = even(LABELS, 500, seed=1)
    assert len(np.unique(found)) == 500
    assert np.bincount(LABELS[found]).tolist() == [200, 200, 0, 100]


@pytest.mark.parametrize("choose", [proportional, even])
def test_all_where_there_are_fewer_and_the_seed_decides(choose):
    assert sorted(choose(LABELS, 5000, seed=1)) == list(range(1000))
    assert np.array_equal(choose(LABELS, 50, seed=1), choose(LABELS, 50, seed=1))
    assert not np.array_equal(choose(LABELS, 50, seed=1), choose(LABELS, 50, seed=2))
