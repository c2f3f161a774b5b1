import numpy as np
import pytest
from scipy.special import softmax

from nucleoscope.prediction.novelty import KEPT, energy, fit_novelty_threshold, is_foreign

LOGITS = np.random.default_rng(0).normal(0.0, 4.0, (1000, 4)).astype(np.float32)


def test_energy_is_what_a_softmax_forgets():
    # log p(class) = logit + energy, for every class
    assert np.log(softmax(LOGITS.astype(np.float64), axis=1)) == pytest.approx(
        LOGITS + energy(LOGITS)[:, None], abs=1e-5
    )
    assert energy(LOGITS + 3.0) == pytest.approx(energy(LOGITS) - 3.0, abs=1e-5)
    assert energy(np.zeros((2, 4))) == pytest.approx(-np.log(4.0))
    assert energy(np.full((1, 2), 1e4)) == pytest.approx(-1e4 - np.log(2.0))  # no overflow
    assert energy(np.empty((0, 4))).shape == (0,)


def test_one_nucleus_in_a_hundred_like_those_of_the_training_is_called_foreign():
    threshold = fit_novelty_threshold(LOGITS)
    assert is_foreign(energy(LOGITS), threshold).mean() <= 1 - KEPT
    assert is_foreign(energy(LOGITS), threshold).sum() == 9  # the tenth is the threshold
    assert is_foreign(energy(LOGITS - 20.0), threshold).all()


def test_a_bundle_without_a_threshold_calls_none_foreign():
    assert not is_foreign(energy(LOGITS), None).any()
