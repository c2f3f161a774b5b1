"""Every target: what it returns is what the bundle predicts, and what does not fit is refused in one line."""

import json

import numpy as np
import pytest
import torch
from export_bundles import crops, save

from nucleoscope.errors import ConfigError, EngineError, RunFolderError
from nucleoscope.models.specification import Kind
from nucleoscope.prediction.export import exporting, qupath
from nucleoscope.prediction.export.agreement import PARITY_CROPS, ParityCrops, choose_crops, synthetic_crops
from nucleoscope.prediction.export.exporting import TARGETS, export_bundle
from nucleoscope.prediction.probabilities import predict_probabilities

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("openvino")

FILES = {
    "qupath": {"README.md", "config.json", "torchscript_model.pt"},
    "onnx": {"README.md", "interface.json", "model.onnx"},
    "openvino": {"README.md", "interface.json", "model.bin", "model.xml"},
    "monai": {
        "configs/inference.json",
        "configs/metadata.json",
        "docs/README.md",
        "models/model.pt",
        "models/model.ts",
    },
    "huggingface": {"README.md", "config.json", "model.safetensors"},
}


@pytest.fixture(scope="module")
def images():
    return crops()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return save(tmp_path_factory.mktemp("bundle") / "model")


def _export(bundle, target, out, images):
    agreement = export_bundle(bundle, target, out, ParityCrops(images, "of a test"))
    assert agreement.equal_decisions == 1.0
    assert agreement.largest_probability_difference < 1e-4
    return agreement


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("views", [1, 8])
def test_an_export_predicts_what_the_bundle_predicts(tmp_path, images, target, views):
    bundle = save(tmp_path / "model", views=views)
    probabilities = predict_probabilities(bundle, images, engine="torch")
    assert 0.05 < probabilities.std() < 0.45  # neither all alike nor all sure: a difference would show
    assert len(set(probabilities.argmax(axis=1))) == 3
    agreement = _export(bundle, target, tmp_path / "out", images)
    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written == FILES[target] | {"parity.json"}
    assert json.loads((tmp_path / "out" / "parity.json").read_text()) == {
        "target": target,
        "compared_with": "the bundle it was made from, PyTorch in float32",
        "crops": len(images),
        "crops_are": "of a test",
        "equal_decisions": 1.0,
        "largest_probability_difference": agreement.largest_probability_difference,
    }


@pytest.mark.parametrize("target", [target for target in TARGETS if target != "qupath"])
def test_crops_need_not_be_square(tmp_path, images, target):
    bundle = save(tmp_path / "model", size=(40, 32), views=8)
    _export(bundle, target, tmp_path / "out", crops(40, 32))


@pytest.mark.parametrize("target", TARGETS)
def test_strided_depthwise_layers_and_hard_swishes_are_exported(tmp_path, images, target):
    bundle = save(tmp_path / "model", kind=Kind.MODEL2, backbone="mobilenet_v3_small", adjustment=None)
    _export(bundle, target, tmp_path / "out", images[:16])


def test_without_crops_synthetic_ones_are_taken(bundle, tmp_path):
    agreement = export_bundle(bundle, "huggingface", tmp_path / "out")
    assert (agreement.crops, agreement.crops_are) == (500, "synthetic tissue, seed 0")
    assert agreement.sentence() == (
        "100.0% of the decisions on 500 crops (synthetic tissue, seed 0) are the bundle's; the largest difference of "
        "a probability is 0"
    )


def test_synthetic_crops_have_the_wanted_size():
    crops = synthetic_crops((24, 40))
    assert crops.images.shape == (PARITY_CROPS, 24, 40, 3)
    assert len(np.unique(crops.images.reshape(PARITY_CROPS, -1), axis=0)) == PARITY_CROPS


def test_of_many_crops_some_are_drawn():
    images = np.arange(700, dtype=np.uint16).astype(np.uint8).reshape(700, 1, 1, 1).repeat(3, axis=3)
    found = choose_crops(images, "mine")
    assert (len(found.images), found.origin) == (500, "drawn from the 700 of mine")
    assert (choose_crops(images, "mine").images == found.images).all()
    few = choose_crops(images[:3], "mine")
    assert (len(few.images), few.origin) == (3, "all of mine")


def _refused(kind, tmp_path, *arguments):
    """The text of the error; nothing is left beside what was there."""
    before = set(tmp_path.rglob("*"))
    with pytest.raises(kind) as error:
        export_bundle(*arguments)
    assert set(tmp_path.rglob("*")) == before
    return str(error.value)


def test_an_export_that_disagrees_is_not_kept(bundle, images, tmp_path, monkeypatch):
    original = qupath._wsinfer_config

    def wrong(config):
        values = original(config)
        values["transform"][2]["arguments"]["std"] = [1.0, 1.0, 1.0]
        return values

    monkeypatch.setattr(qupath, "_wsinfer_config", wrong)
    compared = ParityCrops(images, "of a test")
    line = _refused(EngineError, tmp_path, bundle, "qupath", tmp_path / "out", compared)
    assert line.startswith("the export to qupath does not agree with the bundle: ")
    assert line.endswith("expected 99.5% or more and 0.02 or less, and nothing was written: take another --to")


def test_a_forgotten_temperature_is_noticed_though_it_changes_no_decision(tmp_path, images, monkeypatch):
    bundle = save(tmp_path / "model", adjustment=None)
    monkeypatch.setattr(exporting.qupath, "tempered", lambda logits, temperature: qupath_softmax(logits * 1.7))
    monkeypatch.setitem(TARGETS, "qupath", exporting.Target(qupath.write, qupath.read))
    compared = ParityCrops(images, "of a test")
    line = _refused(EngineError, tmp_path, bundle, "qupath", tmp_path / "out", compared)
    assert f"100.0% of the decisions on {len(images)} crops (of a test) are the bundle's" in line


def qupath_softmax(logits):
    return torch.softmax(torch.from_numpy(logits).double(), dim=1).numpy()


def test_a_folder_that_holds_something_is_left_alone(bundle, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    line = f'"{out}" exists and is not an empty folder; expected a new one: choose another --out'
    assert _refused(RunFolderError, tmp_path, bundle, "huggingface", out) == line


def test_an_unknown_target_is_refused_with_the_nearest(bundle, tmp_path):
    assert _refused(ConfigError, tmp_path, bundle, "openvin", tmp_path / "out") == (
        'unknown target "openvin"; expected one of qupath, onnx, openvino, monai, huggingface; did you mean "openvino"?'
    )
    assert _refused(ConfigError, tmp_path, bundle, "keras", tmp_path / "out") == (
        'unknown target "keras"; expected one of qupath, onnx, openvino, monai, huggingface'
    )


@pytest.mark.parametrize(
    ("target", "package"), [("onnx", "onnx"), ("onnx", "onnxruntime"), ("openvino", "onnx"), ("openvino", "openvino")]
)
def test_a_missing_package_names_the_extra(bundle, tmp_path, monkeypatch, target, package):
    monkeypatch.setattr(exporting, "is_installed", lambda name: name != package)
    assert _refused(EngineError, tmp_path, bundle, target, tmp_path / "out") == (
        f"the export to {target} needs the package {package}, which is not installed: "
        "pip install 'nucleoscope[fast]', or take another --to"
    )


def test_what_a_format_cannot_hold_is_one_line(bundle, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("no such layer\nat line 7")

    monkeypatch.setattr(torch.jit, "script", fail)
    assert _refused(EngineError, tmp_path, bundle, "monai", tmp_path / "out") == (
        "SmallNet, width 8 cannot be exported to monai (RuntimeError: no such layer): take another --to"
    )
