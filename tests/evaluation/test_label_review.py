"""Flips that we made are found, on probabilities whose truth is known."""

import numpy as np
import pytest

from nucleoscope.errors import NucleoscopeError
from nucleoscope.evaluation import label_review
from nucleoscope.evaluation.label_review import check_installed, find_suspects, label_quality

CROPS, CLASSES = 2000, 4


@pytest.fixture(scope="module")
def flipped():
    """Probabilities of a good model, labels with 5 % flips, and which they are."""
    random = np.random.default_rng(0)
    truth = random.integers(0, CLASSES, CROPS)
    logits = random.normal(size=(CROPS, CLASSES)) + 5 * np.eye(CLASSES)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    flips = random.random(CROPS) < 0.05
    labels = np.where(flips, (truth + random.integers(1, CLASSES, CROPS)) % CLASSES, truth)
    return probabilities, labels, flips, truth


def test_flips_are_found(flipped):
    probabilities, labels, flips, truth = flipped
    suspects = find_suspects(probabilities, labels)
    hits = flips[suspects.index]
    assert hits.sum() / flips.sum() > 0.85
    assert hits.mean() > 0.95
    assert (suspects.suggested[hits] == truth[suspects.index][hits]).mean() > 0.95


def test_the_most_suspicious_come_first(flipped):
    probabilities, labels, flips, _ = flipped
    suspects = find_suspects(probabilities, labels)
    assert (np.diff(suspects.quality) >= 0).all()
    assert len(np.unique(suspects.index)) == len(suspects)
    assert flips[suspects.index[: len(suspects) // 2]].all()
    few = suspects.first(5)
    assert len(few) == 5
    assert np.array_equal(few.index, suspects.index[:5])
    assert len(suspects.first(10**6)) == len(suspects)


def test_a_suggestion_is_never_the_label_that_was_given(flipped):
    probabilities, labels, _, _ = flipped
    suspects = find_suspects(probabilities, labels)
    assert (suspects.suggested != labels[suspects.index]).all()
    assert np.array_equal(suspects.suggested, probabilities[suspects.index].argmax(axis=1))


def test_clean_labels_of_a_sure_model_are_not_suspected():
    labels = np.arange(40) % CLASSES
    probabilities = np.full((40, CLASSES), 0.02) + 0.92 * np.eye(CLASSES)[labels]
    assert len(find_suspects(probabilities, labels)) == 0
    assert (label_quality(probabilities, labels) > 0.9).all()


def test_the_order_of_the_crops_does_not_matter(flipped):
    probabilities, labels, _, _ = flipped
    order = np.random.default_rng(1).permutation(CROPS)
    shuffled = find_suspects(probabilities[order], labels[order])
    assert set(order[shuffled.index]) == set(find_suspects(probabilities, labels).index)


def test_without_cleanlab_one_line_says_what_to_install(monkeypatch):
    check_installed()
    monkeypatch.setattr(label_review, "find_spec", lambda name: None)
    with pytest.raises(NucleoscopeError) as error:
        check_installed()
    assert str(error.value) == (
        'label review needs cleanlab, which is not installed: run pip install "nucleoscope[review]"'
    )


def test_logits_are_not_taken_for_probabilities(flipped):
    with pytest.raises(AssertionError, match="must add up to 1"):
        find_suspects(np.log(flipped[0]), flipped[1])
