"""The model card says what the run measured, and what it found to fail."""

import dataclasses

import numpy as np
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import evaluate
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline.card import model_card
from nucleoscope.pipeline.known_failures import Found, known_failures
from nucleoscope.prediction.table import Predictions

CLASSES = ("epithelium", "<b>muscle</b> | x", "immune")


@pytest.fixture
def config():
    return BundleConfig(
        Specification(Kind.MODEL1, 3, (48, 64), 8),
        CLASSES,
        (0, 1, 2),
        (0.5,) * 3,
        (0.2,) * 3,
        mpp=0.25,
        novelty_threshold=-2.613,
        provenance={
            "protocol": "random",
            "training_crops": 1234,
            "data_fingerprint": "ab" * 32,
            "seed": 3,
            "initial_weights": "random initialisation",
            "epochs": 7,
        },
    )


def _found(protocol=Protocol.RANDOM):
    """100 crops; of 40 of the second class, 10 are taken for the third, surely, and one of the first class is not."""
    labels = np.repeat([0, 1, 2], [50, 40, 10])
    taken = labels.copy()
    taken[50:60] = 2
    probabilities = np.full((100, 3), 0.02)
    probabilities[np.arange(100), taken] = 0.96
    probabilities[0] = (0.3, 0.4, 0.3)
    metrics = evaluate(probabilities, labels, CLASSES, protocol, tile=np.arange(100) % 10)
    predictions = Predictions(tuple(f"{n}.png" for n in range(100)), CLASSES, labels, probabilities)
    audit = {"leak": {"share": 0.9}, "single_tile_classes": ["immune"]}
    return Found(metrics.to_mapping(), predictions, audit, None)


def test_failures_are_those_of_the_run():
    assert known_failures(_found()) == [
        "Measured on pixels it knows: 90.0% of the validation crops share pixels with a training crop, so its accuracy "
        "measures memory as well as skill.",
        "Lowest recall: <b>muscle</b> | x, 75.0% of 40 crops (95 % interval 61.1% to 87.2%; random split).",
        "Largest confusion: 10 of 40 crops of <b>muscle</b> | x (25.0%) are taken for immune.",
        "Sure and wrong: 10 of 11 wrong crops were given a probability of 90% or more; a high probability is no "
        "guarantee.",
        "Calibration: its mean probability is 95.4% and 89.0% are right: too sure of itself; expected calibration "
        "error 6.4% (random split, 100 validation crops).",
        "Whether it looks at the nucleus was not measured; `nucleoscope explain RUN` does.",
        "Measured on fewer than 30 crops, so hardly known: immune (10).",
        "On one tile only, so that new tissue is not known: immune.",
    ]


def test_a_leak_is_no_failure_of_a_tile_split_and_what_it_looks_at_is_quoted():
    nucleus = {"sentence": "It needs the nucleus.", "share_sentence": "34% lies there."}
    found = known_failures(dataclasses.replace(_found(Protocol.TILES), nucleus=nucleus))
    assert found[0].startswith("Lowest recall: ")
    assert "It needs the nucleus." in found
    assert "34% lies there." in found
    assert not [sentence for sentence in found if "not measured" in sentence]


def test_a_class_without_crops_is_not_the_weakest_and_is_named():
    whole = _found()
    metrics = whole.metrics | {"per_class": whole.metrics["per_class"] | {"none": {"support": 0, "recall": 0.0}}}
    found = known_failures(dataclasses.replace(whole, metrics=metrics))
    assert found[1].startswith("Lowest recall: <b>muscle</b>")
    assert "Not measured at all, for want of validation crops: none." in found


def test_the_card_has_use_data_figures_with_intervals_failures_and_no_markup_of_names(config):
    card = model_card(config, _found())
    headings = [line for line in card.splitlines() if line.startswith("#")]
    assert headings == [
        "# Nucleus classifier: SmallNet, width 8",
        "## Intended use",
        "## Data",
        "## Measured",
        "## Known failures",
        "## Use",
    ]
    assert "**Research use only.** Not a medical device; not for diagnosis." in card
    assert "RGB crops of 64x48 pixels (0.25 um/pixel)" in card
    assert "Trained on 1,234 crops (fingerprint abababababab)" in card
    assert "89.0% accuracy (95 % interval 81.4% to 94.0%; random split, 100 validation crops)" in " ".join(card.split())
    assert "| &lt;b>muscle&lt;/b> \\| x | 96.8% | 75.0% | 61.1% to 87.2% | 84.5% | 40 |" in card
    assert "<b>" not in card
    assert "above an energy of -2.61, which 99% of the crops that settings were chosen on do not reach" in card


def test_the_card_says_if_large_tiles_were_cut(config):
    plain = model_card(config, None)
    capped = dataclasses.replace(config, provenance=config.provenance | {"training": {"tile_cap": 50}})
    added = set(model_card(capped, None).splitlines()) - set(plain.splitlines())
    assert added == {
        "- An epoch took no more than 50 crops of a class of a tile, or as many as there are on average if that is "
        "more,",
        "  others each time: a few large tiles would otherwise be most of what the model saw.",
    }


def test_before_evaluation_the_card_says_so(config):
    card = model_card(config, None)
    assert "Not evaluated yet." in card
    assert "Known failures" not in card
