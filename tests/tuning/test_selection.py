import numpy as np
import pytest

from nucleoscope.errors import NucleoscopeError
from nucleoscope.training.history import Epoch
from nucleoscope.tuning.journal import Status, Trial
from nucleoscope.tuning.selection import choose_epoch, choose_trial, independent_crops


def _history(*accuracies, loss=0.5):
    return tuple(Epoch(i, 0.1, 0.9, loss, accuracy, 0.01, 1.0) for i, accuracy in enumerate(accuracies, start=1))


def _trial(number, status, *accuracies, loss=0.5, reason=""):
    return Trial(number, f"t_{number}", {"width": number}, _history(*accuracies, loss=loss), status, reason)


def test_the_best_finished_trial_is_chosen():
    trials = [_trial(1, Status.FINISHED, 0.8, 0.9), _trial(2, Status.FINISHED, 0.7, 0.95)]
    assert choose_trial(trials) is trials[1]


def test_neither_failed_nor_cut_short_trials_are_chosen():
    trials = [
        _trial(1, Status.FAILED, 0.99, reason="the loss became nan in epoch 2"),
        _trial(2, Status.STOPPED, 0.98),
        _trial(3, Status.FINISHED, 0.5),
    ]
    assert choose_trial(trials) is trials[2]


def test_the_loss_breaks_ties():
    trials = [_trial(1, Status.FINISHED, 0.9, loss=0.4), _trial(2, Status.FINISHED, 0.9, loss=0.3)]
    assert choose_trial(trials) is trials[1]


def test_without_a_finished_trial_the_reasons_are_said():
    with pytest.raises(NucleoscopeError) as error:
        choose_trial([_trial(1, Status.FAILED, reason="DivergedError: the loss became nan in epoch 1")])
    assert str(error.value) == (
        "none of 1 trials ran to its end (DivergedError: the loss became nan in epoch 1); expected at least one: "
        "see tuning.csv, or take the default settings with --trials 0"
    )


def test_noise_does_not_overrule_the_last_epoch():
    assert choose_epoch(_history(0.90, 0.92, 0.915), crops=500) == 3


def test_an_epoch_better_by_more_than_a_standard_error_is_kept():
    assert choose_epoch(_history(0.90, 0.95, 0.85), crops=500) == 2


def test_of_equals_the_last_is_kept():
    assert choose_epoch(_history(1.0, 1.0, 1.0), crops=10) == 3


def test_a_few_crops_all_right_do_not_overrule_the_last_epoch():
    assert choose_epoch(_history(0.94, 1.0, 0.98, 0.98), crops=50) == 4


def test_crops_of_few_tiles_count_as_few():
    tile = np.repeat([4, 7, 9], [100, 100, 1])
    assert independent_crops(tile) == pytest.approx(201**2 / 20_001)
    assert independent_crops(np.arange(50)) == 50
    history = _history(0.88, 0.80, 0.83)  # five points on 201 crops are not chance, on two tiles they are
    assert choose_epoch(history, crops=len(tile)) == 1
    assert choose_epoch(history, crops=independent_crops(tile)) == 3
