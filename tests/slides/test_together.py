"""Several models about the same nuclei give one answer; the first says what is no tissue."""

import dataclasses

import numpy as np
import pytest

from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.slides.results import Doubt, Verdicts
from nucleoscope.slides.together import check_together, together

NAN = float("nan")


def _verdicts(rows, doubts):
    return Verdicts(("a", "b"), np.array(rows, np.float32), np.zeros(len(rows), np.float32), np.array(doubts))


def test_the_mean_counts_of_those_that_were_asked():
    near = _verdicts([[0.9, 0.1], [0.4, 0.6], [NAN, NAN]], [Doubt.NONE, Doubt.NONE, Doubt.GLASS])
    wide = _verdicts([[0.2, 0.8], [NAN, NAN], [0.5, 0.5]], [Doubt.NONE, Doubt.PEN, Doubt.NONE])
    (found,) = together([iter([near]), iter([wide])])
    np.testing.assert_allclose(found.probabilities, [[0.55, 0.45], [0.4, 0.6], [NAN, NAN]], rtol=1e-6)
    assert found.unsure.tolist() == ["", "", "glass"]
    assert found.predicted.tolist() == [0, 1, -1]


def test_one_model_alone_is_itself():
    chunks = [_verdicts([[0.9, 0.1]], [Doubt.NONE]), _verdicts([[NAN, NAN]], [Doubt.FOLD])]
    for found, chunk in zip(together([iter(chunks)]), chunks, strict=True):
        np.testing.assert_array_equal(found.probabilities, chunk.probabilities)
        assert found.unsure.tolist() == chunk.unsure.tolist()


def test_models_of_other_classes_are_refused(trained_bundle):
    bundle = load_bundle(trained_bundle)
    other = dataclasses.replace(bundle, config=dataclasses.replace(bundle.config, classes=("a", "b", "c", "d")))
    check_together([bundle, bundle])
    with pytest.raises(ConfigError) as refused:
        check_together([bundle, other])
    assert str(refused.value) == (
        f"the models have different classes: {', '.join(bundle.config.classes)} in one, a, b, c, d in another; "
        "expected models of the same classes in the same order: train them on the same labels"
    )
