"""The MONAI bundle: its metadata by the specification, and MONAI itself, where it is installed."""

import csv
import json

import numpy as np
import pytest
import torch
from export_bundles import MEASURED, exact_probabilities, save
from PIL import Image

from nucleoscope.prediction.export.agreement import ParityCrops
from nucleoscope.prediction.export.exporting import export_bundle

CROPS = ParityCrops(np.random.default_rng(0).integers(256, size=(6, 40, 32, 3), dtype=np.uint8), "noise")

# From docs/source/mb_specification.rst of MONAI.
MANDATORY = {
    "version",
    "monai_version",
    "pytorch_version",
    "numpy_version",
    "optional_packages_version",
    "task",
    "description",
    "authors",
    "copyright",
    "network_data_format",
}
OF_A_TENSOR = {
    "type",
    "format",
    "modality",
    "num_channels",
    "spatial_shape",
    "dtype",
    "value_range",
    "is_patch_data",
    "channel_def",
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return save(tmp_path_factory.mktemp("bundle") / "model", size=(40, 32), measured=MEASURED)


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "nuclei"
    export_bundle(bundle, "monai", out, CROPS)
    return out


def test_the_metadata_has_all_that_the_specification_asks_for(folder):
    found = json.loads((folder / "configs" / "metadata.json").read_text())
    assert set(found) >= MANDATORY
    assert found["version"] in found["changelog"]
    tensors = {**found["network_data_format"]["inputs"], **found["network_data_format"]["outputs"]}
    assert set(tensors) == {"image", "pred"}
    assert all(set(tensor) >= OF_A_TENSOR for tensor in tensors.values())
    assert tensors["image"]["spatial_shape"] == [40, 32]
    assert tensors["pred"]["channel_def"] == {"0": "normal epithelium", "1": "cancer", "2": "muscle"}
    assert found["eval_metrics"] == {"accuracy_tiles_split": 0.888}


def test_what_was_not_measured_has_no_number(tmp_path):
    export_bundle(save(tmp_path / "model", size=(40, 32)), "monai", tmp_path / "out", CROPS)
    found = json.loads((tmp_path / "out" / "configs" / "metadata.json").read_text())
    assert found["eval_metrics"] == {}
    assert found["description"] == "SmallNet, width 8. Not measured."


def test_the_weights_are_those_of_the_bundle_and_no_code(bundle, folder):
    weights = torch.load(folder / "models" / "model.pt", weights_only=True)
    wanted = {f"classifier.{name}": value for name, value in bundle.model.state_dict().items()}
    assert {name: value for name, value in weights.items() if name in wanted}.keys() == wanted.keys()
    assert all(torch.equal(weights[name], value) for name, value in wanted.items())


def test_monai_verifies_it_and_predicts_what_the_bundle_predicts(bundle, folder, tmp_path):
    monai = pytest.importorskip("monai.bundle")
    pytest.importorskip("ignite")
    for position, image in enumerate(CROPS.images):
        Image.fromarray(image).save(tmp_path / f"{position}.png")
    files = {
        "config_file": str(folder / "configs" / "inference.json"),
        "meta_file": str(folder / "configs" / "metadata.json"),
        "bundle_root": str(folder),
    }
    monai.verify_net_in_out(net_id="network_def", device="cpu", **files)
    places = {"dataset_dir": str(tmp_path), "output_dir": str(tmp_path / "eval")}
    workflow = monai.ConfigWorkflow(workflow_type="inference", logging_file=False, **files, **places)
    workflow.initialize()
    assert workflow.check_properties() == []
    workflow.run()
    with (tmp_path / "eval" / "predictions.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[0] for row in rows] == [str(tmp_path / f"{position}.png") for position in range(6)]
    found = np.array([[float(value) for value in row[1:]] for row in rows])
    assert np.allclose(found, exact_probabilities(bundle, CROPS.images), atol=1e-5)
