"""The files for ONNX Runtime and OpenVINO, used as their own pages say."""

import json
import re

import numpy as np
import pytest
from export_bundles import CLASSES, MEASURED, exact_probabilities, save
from scipy.special import softmax

from nucleoscope.prediction.export.agreement import ParityCrops
from nucleoscope.prediction.export.exporting import export_bundle

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

CROPS = ParityCrops(np.random.default_rng(0).integers(256, size=(5, 40, 32, 3), dtype=np.uint8), "noise")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return save(tmp_path_factory.mktemp("bundle") / "model", size=(40, 32), measured=MEASURED)


@pytest.fixture(scope="module", params=["onnx", "openvino"])
def folder(request, bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / request.param
    export_bundle(bundle, request.param, out, CROPS)
    return out


@pytest.mark.parametrize("count", [1, 5])
def test_the_example_on_its_page_gives_the_probabilities_of_the_bundle(bundle, folder, monkeypatch, count):
    page = (folder / "README.md").read_text()
    example = "\n".join(re.findall(r"^    (.*)$", page, re.MULTILINE))
    names = {"crops": CROPS.images[:count]}
    monkeypatch.chdir(folder)
    exec(example, names)  # what the page says is what is tested
    wanted = exact_probabilities(bundle, CROPS.images[:count])
    assert np.allclose(softmax(names["logits"], axis=1), wanted, atol=1e-4)


def test_a_program_finds_what_it_needs(folder):
    found = json.loads((folder / "interface.json").read_text())
    assert found == {
        "architecture": "SmallNet, width 8",
        "input": {
            "name": "pictures",
            "type": "uint8",
            "shape": ["crops", 40, 32, 3],
            "holds": "RGB, the nucleus in the centre",
            "mpp": 0.25,
        },
        "output": {
            "name": "logits",
            "type": "float32",
            "shape": ["crops", 3],
            "holds": "logits; their softmax are calibrated probabilities",
            "classes": list(CLASSES),
        },
        "measured": json.loads(json.dumps(MEASURED.to_mapping())),
    }


def test_the_onnx_file_says_its_shapes_and_classes(bundle, tmp_path):
    export_bundle(bundle, "onnx", tmp_path / "out", CROPS)
    model = onnx.load(str(tmp_path / "out" / "model.onnx"))
    shapes = [
        [dimension.dim_param or dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in (model.graph.input[0], model.graph.output[0])
    ]
    assert shapes == [["crops", 40, 32, 3], ["crops", 3]]
    facts = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert facts == {"classes": list(CLASSES), "mpp": 0.25}
