"""Exports of a bundle that sees more than the crop."""

import numpy as np
import pytest
import torch
from export_bundles import crops, exact_probabilities, save

from nucleoscope.data.concealing import place_in_unknown
from nucleoscope.prediction.export.agreement import ParityCrops
from nucleoscope.prediction.export.exporting import export_bundle

pytest.importorskip("onnx")
pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return save(tmp_path_factory.mktemp("bundle") / "model", size=(40, 40), surroundings=2)


@pytest.mark.parametrize("target", ["qupath", "onnx", "openvino", "monai", "huggingface"])
def test_it_predicts_as_the_bundle_does(bundle, tmp_path, target):
    record = export_bundle(bundle, target, tmp_path / target, ParityCrops(crops(), "synthetic tissue"))
    assert record.equal_decisions == 1.0
    assert record.largest_probability_difference < 1e-3
    if target != "huggingface":  # whose card is the one of the bundle
        card = next((tmp_path / target).glob("**/README.md")).read_text()
        assert "It looks at the central 20x20 pixels, and at more and more of the tissue around them." in card


@pytest.mark.parametrize("target", ["qupath", "monai"])
def test_crops_by_themselves_are_put_where_the_rest_is_unknown(bundle, tmp_path, target):
    export_bundle(bundle, target, tmp_path / target, ParityCrops(crops(), "synthetic tissue"))
    file = next((tmp_path / target).glob("**/*.pt*" if target == "qupath" else "**/*.ts"))
    alone = crops()[:, 10:30, 10:30]
    pictures = torch.from_numpy(np.ascontiguousarray(alone)).permute(0, 3, 1, 2) / 255.0
    if target == "qupath":
        mean, std = (torch.tensor(values).view(3, 1, 1) for values in (bundle.config.mean, bundle.config.std))
        pictures = (pictures - mean) / std
    with torch.inference_mode():
        found = torch.softmax(torch.jit.load(str(file))(pictures), dim=1).numpy()
    # Pictures of bytes have the mean colour rounded.
    np.testing.assert_allclose(found, exact_probabilities(bundle, place_in_unknown(alone, (40, 40))), atol=0.03)
