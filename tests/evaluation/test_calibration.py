import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from nucleoscope.evaluation.calibration import expected_calibration_error, fit_temperature, reliability


def _drawn(temperature, n=20000, seed=0):
    """Logits that promise `temperature` times too much, and labels drawn from what they should have said."""
    random = np.random.default_rng(seed)
    honest = random.normal(size=(n, 4)) * 2
    labels = (softmax(honest, axis=1).cumsum(axis=1) < random.random((n, 1))).sum(axis=1)
    return honest * temperature, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(temperature):
    logits, labels = _drawn(temperature)
    assert fit_temperature(logits, labels) == pytest.approx(temperature, rel=0.05)


def test_it_calibrates():
    logits, labels = _drawn(3.0)
    before = expected_calibration_error(softmax(logits, axis=1), labels)
    after = expected_calibration_error(softmax(logits / fit_temperature(logits, labels), axis=1), labels)
    assert before > 0.1
    assert after < 0.02


def test_it_is_the_best_of_its_neighbours():
    logits, labels = _drawn(2.0, n=500)
    best = fit_temperature(logits, labels)

    def loss(t):
        return -log_softmax(logits / t, axis=1)[np.arange(500), labels].mean()

    assert loss(best) <= min(loss(best * 0.97), loss(best * 1.03))


def test_certain_and_right_is_no_error_certain_and_wrong_is_all_error():
    certain = np.eye(3)[[0, 1, 2]]
    assert expected_calibration_error(certain, np.array([0, 1, 2])) == 0.0
    assert expected_calibration_error(certain, np.array([1, 2, 0])) == 1.0


def test_bins_hold_every_crop_once():
    logits, labels = _drawn(1.0, n=1000)
    bins = reliability(softmax(logits, axis=1), labels)
    assert bins.crops.sum() == 1000
    assert (bins.crops > 0).all()
