import numpy as np
import pytest

from nucleoscope.evaluation.conformal import fit_threshold, measure_sets, prediction_sets


def _crops(count, seed, sharpness=2.0):
    """Probabilities of a model that is right on average as often as it says, and true classes drawn from them."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=sharpness, size=(count, 4))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probabilities.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    return probabilities, labels


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95])
def test_sets_hold_the_true_class_as_often_as_promised(coverage):
    threshold = fit_threshold(*_crops(4000, 0), coverage)
    probabilities, labels = _crops(20_000, 1)
    assert measure_sets(prediction_sets(probabilities, threshold), labels).coverage == pytest.approx(coverage, abs=0.02)


def test_on_average_over_draws_the_coverage_is_never_below_the_promise():
    """The guarantee of split conformal prediction, which holds for small N too."""
    found = []
    for seed in range(300):
        threshold = fit_threshold(*_crops(30, seed), 0.9)
        probabilities, labels = _crops(200, 10_000 + seed)
        found.append(measure_sets(prediction_sets(probabilities, threshold), labels).coverage)
    assert 0.9 - 0.01 < np.mean(found) < 0.9 + 1 / 31 + 0.01


def test_too_few_crops_give_sets_of_all_classes():
    threshold = fit_threshold(*_crops(18, 0), 0.95)
    assert threshold == 0.0
    assert prediction_sets(_crops(50, 1)[0], threshold).all()
    assert fit_threshold(*_crops(19, 0), 0.95) > 0.0


def test_mapie_finds_the_same_sets():
    """A peer's implementation of the same method on the same numbers."""
    mapie = pytest.importorskip("mapie.classification")
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Stored(ClassifierMixin, BaseEstimator):
        """A classifier whose input is its output."""

        classes_ = np.arange(4)

        def fit(self, x, y):
            return self

        def predict_proba(self, x):
            return x

        def predict(self, x):
            return x.argmax(axis=1)

        def __sklearn_is_fitted__(self):
            return True

    known, labels = _crops(500, 0)
    peer = mapie.SplitConformalClassifier(Stored(), confidence_level=0.9, conformity_score="lac", prefit=True)
    peer.conformalize(known, labels)
    new = _crops(300, 1)[0]
    expected = peer.predict_set(new)[1][:, :, 0]
    ours = prediction_sets(new, fit_threshold(known, labels, 0.9))
    assert (ours == expected).mean() > 0.999  # rounding at the threshold itself


def test_figures_by_hand():
    sets = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], bool)
    figures = measure_sets(sets, np.array([0, 2, 1, 0]))
    assert figures.to_mapping() == {
        "crops": 4,
        "coverage": 0.5,
        "single": 0.5,
        "single_accuracy": 0.5,
        "several": 0.25,
        "empty": 0.25,
        "mean_size": 1.0,
    }


def test_without_a_sure_crop_there_is_no_accuracy_among_the_sure():
    assert measure_sets(np.ones((2, 3), bool), np.array([0, 1])).single_accuracy is None
