import numpy as np
import pytest

from nucleoscope.evaluation.remedies import fit_adjustment, outcome, worst_pair


def _imbalanced(seed=0):
    """Two classes, 19 to 1, whose logits follow the prior."""
    random = np.random.default_rng(seed)
    labels = (random.random(4000) < 0.05).astype(np.int64)
    evidence = np.where(labels == 1, 1.0, -1.0) + random.normal(size=4000)
    return np.stack([np.full(4000, np.log(0.95)), np.log(0.05) + 2 * evidence], axis=1), labels


def test_adjustment_raises_the_recall_of_the_rare_class():
    logits, labels = _imbalanced()
    strength, offsets = fit_adjustment(logits, labels, np.array([3800, 200]))
    assert strength == pytest.approx(1.0, abs=0.3)  # the logits follow the prior exactly
    before, after = (outcome(scores, labels, ("common", "rare")) for scores in (logits, logits + offsets))
    assert after.recall["rare"] > before.recall["rare"] + 0.2
    assert after.balanced_accuracy > before.balanced_accuracy


def test_without_anything_to_gain_nothing_is_changed():
    logits = np.eye(3)[[0, 1, 2]] * 100
    strength, offsets = fit_adjustment(logits, np.array([0, 1, 2]), np.array([10, 20, 30]))
    assert strength == 0.0
    assert np.abs(offsets).max() == 0.0


def test_outcome_by_hand():
    found = outcome(np.eye(3)[[0, 1, 1]], np.array([0, 0, 1]), ("a", "b", "c"))
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.recall == {"a": 0.5, "b": 1.0, "c": None}
    assert found.balanced_accuracy == 0.75


def test_the_worst_pair_is_the_largest_share_of_a_class_not_the_largest_count():
    assert worst_pair(np.array([[900, 100, 0], [0, 50, 0], [6, 4, 10]])) == (2, 0)
    assert worst_pair(np.array([[5, 0], [0, 5]])) is None
