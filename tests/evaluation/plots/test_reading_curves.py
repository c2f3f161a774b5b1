"""What the rules make of curves whose trend is known."""

import pytest

from nucleoscope.evaluation.plots.reading import Trend, diagnose, read_curves
from nucleoscope.training.history import Epoch

FALLING = [1.0, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35]


def history(validation, training=FALLING, train_accuracy=0.9, val_accuracy=0.92):
    return [
        Epoch(number, train, train_accuracy, val, val_accuracy, 1e-3, 1.0)
        for number, (train, val) in enumerate(zip(training, validation, strict=False), start=1)
    ]


@pytest.mark.parametrize(
    ("validation", "trend", "best"),
    [
        ([0.9, 0.8, 0.7], Trend.SHORT, 3),
        ([0.9, 0.7, 0.6, 0.5, 0.45, 0.42, 0.38, 0.35], Trend.IMPROVING, 8),
        ([0.9, 0.6, 0.4, 0.32, 0.31, 0.305, 0.302, 0.300], Trend.CONVERGED, 8),
        ([0.9, 0.6, 0.4, 0.30, 0.31, 0.32, 0.31, 0.32], Trend.CONVERGED, 4),
        ([0.9, 0.6, 0.4, 0.30, 0.33, 0.36, 0.40, 0.45], Trend.OVERFITTING, 4),
        ([0.9, 0.6, 0.4, 0.30, 0.50, 0.31, 0.55, 0.30], Trend.UNSTABLE, 4),
        # Jumps while the rate is high are usual; only those of the second half count.
        ([0.9, 2.0, 0.8, 1.9, 0.5, 0.40, 0.40, 0.40], Trend.CONVERGED, 6),
    ],
)
def test_trend(validation, trend, best):
    found = diagnose(history(validation))
    assert (found.trend, found.best) == (trend, best)


def test_both_losses_rising_is_not_overfitting():
    assert diagnose(history([0.9, 0.5, 0.6, 0.8, 1.2], [0.9, 0.5, 0.6, 0.8, 1.1])).trend is Trend.UNSTABLE


def test_perfect_model_has_converged():
    assert diagnose(history([0.5, 0.0, 0.0, 0.0, 0.0, 0.0])).trend is Trend.CONVERGED


def test_words_of_overfitting_name_the_epoch():
    words = read_curves(history([0.9, 0.6, 0.4, 0.30, 0.33, 0.36, 0.40, 0.44], train_accuracy=0.99))
    assert words == (
        "Overfitting from epoch 5: validation loss is lowest in epoch 4 and ends 40% above that while training "
        "loss has fallen. Fewer epochs, more augmentation or more weight decay. The training accuracy ends 7.0 "
        "points above the validation accuracy: the model knows the crops it learned from better than others."
    )


def test_words_of_one_epoch_and_of_other_parts():
    assert read_curves(history([0.9])) == "1 epoch: too few to read a trend."
    words = read_curves(history([0.9, 0.7, 0.6, 0.5, 0.45, 0.42, 0.38, 0.35]), ("fit", "select"))
    assert words == "Still improving: select loss was falling when the fit ended. More epochs may help."


def test_lower_training_accuracy_is_no_finding():
    assert "accuracy" not in read_curves(history(FALLING, train_accuracy=0.7))
