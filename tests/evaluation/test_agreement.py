"""Agreement of two reviewers, against scikit-learn's kappa and against what can be worked out by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from nucleoscope.evaluation.agreement import LEAST, _kappas, measure_agreement


def test_the_kappa_of_a_textbook_table():
    # 20 yes-yes, 15 no-no, 5 + 10 differ: observed 0.7, by chance 0.5, kappa 0.4.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = measure_agreement(first, second)
    assert (found.crops, found.observed) == (50, 0.7)
    assert found.kappa == pytest.approx(0.4)
    low, high = found.kappa_ci95
    assert 0.0 < low < 0.4 < high < 0.8
    assert found.sentence() == (
        f"kappa 0.40 (95 % interval {low:.2f} to {high:.2f}); the same answer for 70% of 50 crops decided by both"
    )


def test_kappas_of_many_tables_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    answers = random.integers(0, 3, size=(2, 5, 40))
    tables = np.zeros((5, 3, 3), np.int64)
    for draw in range(5):
        np.add.at(tables[draw], tuple(answers[:, draw]), 1)
    wanted = [cohen_kappa_score(*answers[:, draw]) for draw in range(5)]
    assert np.allclose(_kappas(tables), wanted)


def test_answers_that_are_all_the_same_have_no_kappa():
    found = measure_agreement(["muscle"] * 30, ["muscle"] * 30)
    assert (found.observed, found.kappa, found.kappa_ci95) == (1.0, None, None)
    assert found.sentence() == "kappa is not defined: every answer is the same; 30 crops decided by both"


def test_few_crops_have_no_interval():
    few = ["a", "b"] * (LEAST // 2 - 1)
    found = measure_agreement(few, few)
    assert found.kappa_ci95 is None
    assert (
        found.sentence()
        == "kappa 1.00 (too few crops to tell more); the same answer for 100% of 18 crops decided by both"
    )


def test_no_crop_in_common_is_no_agreement():
    found = measure_agreement([], [])
    assert found.kappa is None
    assert found.sentence() == "no crop was decided by both"
