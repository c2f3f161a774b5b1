import numpy as np
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import confusion, evaluate

CLASSES = ("a", "b", "c")
LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array([0, 0, 1, 1, 1, 0])


def _certain(predicted, n_classes=3):
    return np.eye(n_classes)[predicted] * 0.7 + 0.1


def _evaluate(**options):
    return evaluate(_certain(PREDICTED), LABELS, CLASSES, Protocol.RANDOM, **options)


def test_figures_by_hand():
    metrics = _evaluate()
    assert metrics.accuracy == pytest.approx(4 / 6)
    assert metrics.balanced_accuracy == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert metrics.per_class["a"].precision == pytest.approx(2 / 3)
    assert metrics.per_class["b"].recall == 1.0
    assert metrics.per_class["c"].f1 == 0.0
    assert [m.support for m in metrics.per_class.values()] == [3, 2, 1]
    assert metrics.ece == pytest.approx(0.8 - 4 / 6)


def test_a_class_that_does_not_occur_counts_in_no_mean():
    metrics = evaluate(_certain(np.array([0, 1]), 3), np.array([0, 1]), CLASSES, Protocol.RANDOM)
    assert metrics.balanced_accuracy == 1.0
    assert metrics.macro_f1 == 1.0


def test_no_accuracy_without_its_protocol():
    metrics = _evaluate()
    assert metrics.to_mapping()["protocol"] == "random"
    low, high = metrics.accuracy_ci95
    assert metrics.sentence() == (
        f"66.7% accuracy (95 % interval {low:.1%} to {high:.1%}; random split, 6 validation crops)"
    )


def test_confusion_has_true_classes_in_rows():
    assert confusion(LABELS, PREDICTED, 3).tolist() == [[2, 1, 0], [0, 2, 0], [1, 0, 0]]


@pytest.mark.parametrize("shape", [(6,), (6, 2), (5, 3)])
def test_shapes_are_asserted(shape):
    with pytest.raises(AssertionError):
        evaluate(np.full(shape, 0.5), LABELS, CLASSES, Protocol.RANDOM)
