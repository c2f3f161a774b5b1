"""The folder for the Hugging Face Hub: its card as the Hub reads it, and the bundle in it."""

import numpy as np
import pytest
import yaml
from export_bundles import MEASURED, save

from nucleoscope.models.bundle import load_bundle
from nucleoscope.prediction.export.agreement import ParityCrops
from nucleoscope.prediction.export.exporting import export_bundle

CROPS = ParityCrops(np.random.default_rng(0).integers(256, size=(4, 40, 40, 3), dtype=np.uint8), "noise")


def _export(tmp_path, **changes):
    bundle = save(tmp_path / "model", **changes)
    export_bundle(bundle, "huggingface", tmp_path / "out", CROPS)
    return bundle, tmp_path / "out"


def test_the_bundle_comes_back(tmp_path):
    bundle, out = _export(tmp_path, measured=MEASURED)
    assert load_bundle(out).config == bundle.config


def test_the_hub_finds_what_was_measured_with_its_protocol(tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    _, out = _export(tmp_path, measured=MEASURED, provenance={"data_fingerprint": "0123456789abcdef"})
    card = hub.ModelCard.load(out / "README.md", ignore_metadata_errors=False)
    assert (card.data.license, card.data.library_name) == ("unknown", "nucleoscope")
    assert card.data.pipeline_tag == "image-classification"
    results = {result.metric_type: result for result in card.data.eval_results}
    values = {"accuracy": 0.888, "balanced_accuracy": 0.85, "f1": 0.84, "expected_calibration_error": 0.03}
    assert {name: result.metric_value for name, result in results.items()} == values
    found = results["accuracy"]
    assert found.metric_name == "Accuracy (tiles split, 2,276 validation crops)"
    assert (found.task_type, found.dataset_split) == ("image-classification", "validation")
    assert found.dataset_name == "H&E nucleus crops, fingerprint 0123456789ab"
    assert found.dataset_args == {
        "protocol": "tiles",
        "crops": 2276,
        "seed": 1,
        "accuracy_ci95": [0.817, 0.956],
        "fingerprint": "0123456789abcdef",
    }
    assert (
        "88.8% accuracy (95 % interval 81.7% to 95.6%; tiles split, 2,276 validation crops, seed 1); balanced accuracy "
        "85.0%, macro F1 84.0%, expected calibration error 3.0%. No tile was on both sides of the split"
    ) in card.text


def test_what_was_not_measured_has_no_number(tmp_path):
    _, out = _export(tmp_path)
    _, front, text = (out / "README.md").read_text().split("---\n", 2)
    assert "model-index" not in yaml.safe_load(front)
    assert "## Measured\n\nNot measured.\n" in text
    assert "%" not in text


def test_the_card_is_small_and_complete(tmp_path):
    _, out = _export(tmp_path, views=8)
    text = (out / "README.md").read_text()
    assert "RGB crops of 40x40 pixels (0.25 um/pixel) with the nucleus in the centre" in text
    assert "in the order of the output: normal epithelium, cancer, muscle." in text
    assert "Every crop is seen in all its flips and quarter turns, which multiplies the time." in text
    assert "Research use only" in text
    assert str(tmp_path) not in text  # nothing of this machine
