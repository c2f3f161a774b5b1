"""The folder for QuPath's WSInfer extension, by the schema of its model zoo and by how the extension calls it."""

import json

import numpy as np
import pytest
import torch
from export_bundles import CLASSES, exact_probabilities, save

from nucleoscope.errors import EngineError
from nucleoscope.models.specification import Kind
from nucleoscope.prediction.export.agreement import ParityCrops
from nucleoscope.prediction.export.exporting import export_bundle

CROPS = ParityCrops(np.random.default_rng(0).integers(256, size=(8, 40, 40, 3), dtype=np.uint8), "noise")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return save(tmp_path_factory.mktemp("bundle") / "model")


@pytest.fixture(scope="module")
def folder(bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("export") / "nuclei"
    export_bundle(bundle, "qupath", out, CROPS)
    return out


def _load(folder):
    return torch.jit.load(str(folder / "torchscript_model.pt"), map_location="cpu")


def _normalised(images):
    """As DJL's ToTensor and Normalize do it, with the numbers of the bundle."""
    pictures = torch.from_numpy(images).permute(0, 3, 1, 2) / 255.0
    return (pictures - torch.tensor([0.7, 0.5, 0.6]).view(3, 1, 1)) / torch.tensor([0.2, 0.25, 0.15]).view(3, 1, 1)


def test_the_config_is_what_the_extension_reads(folder):
    assert json.loads((folder / "config.json").read_text()) == {
        "spec_version": "1.0",
        "architecture": "SmallNet, width 8",
        "num_classes": 3,
        "class_names": list(CLASSES),
        "patch_size_pixels": 40,
        "spacing_um_px": 0.25,
        "transform": [
            {"name": "Resize", "arguments": {"size": 40}},
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": [0.7, 0.5, 0.6], "std": [0.2, 0.25, 0.15]}},
        ],
    }


def test_the_config_is_valid_for_the_model_zoo(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))  # the package makes a folder there when it is imported
    client = pytest.importorskip("wsinfer_zoo.client")
    values = json.loads((folder / "config.json").read_text())
    assert client.validate_config_json(values)
    found = client.ModelConfiguration.from_dict(values)
    assert found.get_slide_patch_size(0.5) == 20
    values["transform"][0]["name"] = "CenterCrop"
    with pytest.raises(client.InvalidModelConfiguration):
        client.validate_config_json(values)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_softmax_of_any_batch_are_the_probabilities_of_the_bundle(bundle, folder, count):
    with torch.inference_mode():
        found = torch.softmax(_load(folder)(_normalised(CROPS.images[:count])), dim=1).numpy()
    assert np.allclose(found, exact_probabilities(bundle, CROPS.images[:count]), atol=1e-4)
    assert len(found) == count


def test_patches_of_another_size_are_resampled(bundle, folder):
    # At the border of an image the extension does not resize what it cuts.
    smooth = np.linspace(0, 255, 80).round().astype(np.uint8)
    large = np.broadcast_to(smooth[None, :, None, None] // 2 + smooth[None, None, :, None] // 2, (1, 80, 80, 3))
    small = large.reshape(1, 40, 2, 40, 2, 3).mean(axis=(2, 4)).round().astype(np.uint8)
    with torch.inference_mode():
        one, other = _load(folder)(_normalised(large.copy())), _load(folder)(_normalised(small))
    assert torch.allclose(one, other, atol=0.1)


@pytest.mark.parametrize(
    ("kind", "backbone"),
    [
        (Kind.MODEL1, "mobilenet_v2"),
        (Kind.MODEL2, "mobilenet_v3_small"),
        pytest.param(Kind.MODEL2, "swin_t", marks=pytest.mark.slow),  # makes tensors on the way
    ],
)
def test_no_device_is_written_into_the_graph(tmp_path, kind, backbone):
    # There is no GPU here. A network that was traced with a tensor made on the way would name the CPU.
    bundle = save(tmp_path / "model", kind=kind, backbone=backbone, views=8)
    export_bundle(bundle, "qupath", tmp_path / "out", CROPS)
    assert _devices(_load(tmp_path / "out")) == []
    assert _devices(torch.jit.trace(lambda x: x + torch.zeros(3), torch.zeros(3))) != []


def _devices(script):
    """What a graph says of devices."""
    return [line for line in str(script.inlined_graph).splitlines() if "Device = prim::Constant[value=" in line]


def test_crops_that_are_not_square_are_refused(tmp_path):
    bundle = save(tmp_path / "model", size=(40, 32))
    with pytest.raises(EngineError) as error:
        export_bundle(bundle, "qupath", tmp_path / "out", CROPS)
    assert str(error.value) == (
        "the bundle takes crops of 32x40 pixels; QuPath's WSInfer cuts squares only: train with square crops, or take "
        "another --to"
    )


def test_an_unknown_resolution_is_refused(tmp_path):
    bundle = save(tmp_path / "model", mpp=None)
    with pytest.raises(EngineError) as error:
        export_bundle(bundle, "qupath", tmp_path / "out", CROPS)
    assert str(error.value) == (
        "the bundle does not know the resolution of its crops, by which QuPath's WSInfer cuts them: write it into its "
        'config.json (such as "mpp": 0.25), or train with --mpp'
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "backbone", ["googlenet", "inception_v3", "vit_b_16", "maxvit_t", "efficientnet_b0", "resnet18"]
)
def test_other_networks_are_exported(tmp_path, backbone):
    bundle = save(tmp_path / "model", kind=Kind.MODEL2, backbone=backbone)
    agreement = export_bundle(bundle, "qupath", tmp_path / "out", CROPS)
    assert agreement.largest_probability_difference < 1e-4
