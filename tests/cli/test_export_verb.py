"""`nucleoscope export`, run for real; every error is one line with exit code 2 and leaves nothing."""

import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from nucleoscope.cli.app import main
from nucleoscope.models.bundle import Bundle, BundleConfig, save_bundle
from nucleoscope.models.specification import Kind, Specification


def call(monkeypatch, *arguments):
    """Run the command line; its exit code."""
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.fixture
def bundle(tmp_path):
    torch.manual_seed(0)
    specification = Specification(Kind.MODEL1, 2, (32, 32), 8)
    model = specification.build(None)[0].eval()
    config = BundleConfig(specification, ("a", "b"), (0, 1), (0.5,) * 3, (0.2,) * 3, mpp=0.5)
    save_bundle(tmp_path / "model", Bundle(model, config), "card")
    return tmp_path / "model"


@pytest.fixture
def crops(tmp_path):
    """Three crops of 64x64 pixels."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(256, size=(3, 64, 64, 3), dtype=np.uint8)):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def test_it_compares_on_the_crops_that_are_given_at_their_resolution(bundle, crops, tmp_path, monkeypatch, capsys):
    out = tmp_path / "exported"
    options = ("--to", "qupath", "--out", out, "--crops", crops, "--mpp", 0.25)
    assert call(monkeypatch, "export", bundle, *options) == 0
    found = json.loads((out / "parity.json").read_text())
    assert (found["crops"], found["crops_are"], found["equal_decisions"]) == (3, "all of mine", 1.0)
    said = capsys.readouterr().out
    assert "100.0% of the decisions on 3 crops (all of mine) are the bundle's; the largest difference" in said
    assert said.endswith(f"exported: {out}\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("{bundle}", "--to", "qpath", "--out", "x"),
            'unknown target "qpath"; expected one of qupath, onnx, openvino, monai, huggingface; did you mean '
            '"qupath"?',
        ),
        (
            ("nowhere", "--to", "qupath", "--out", "x"),
            '"nowhere" is no bundle: it has no config.json; expected a folder like RUN/model2/model that holds '
            "model.safetensors and config.json",
        ),
        (
            ("{bundle}", "--to", "qupath", "--out", "{bundle}"),
            '"{bundle}" exists and is not an empty folder; expected a new one: choose another --out',
        ),
        (
            ("{bundle}", "--to", "qupath", "--out", "x", "--crops", "{crops}"),
            "crops are 64x64 pixels; the model expects 32x32 at 0.5 um/pixel: cut crops of that size, or say the "
            "resolution of yours with --mpp",
        ),
        (
            ("{bundle}", "--to", "qupath", "--out", "x", "--mpp", "-1"),
            "mpp is -1.0; expected micrometres per pixel, such as 0.25",
        ),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(bundle, crops, tmp_path, monkeypatch, capsys, arguments, line):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    places = {"bundle": bundle, "crops": crops}
    assert call(monkeypatch, "export", *(argument.format(**places) for argument in arguments)) == 2
    assert capsys.readouterr().err == f"error: {line.format(**places)}\n"
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("damage", [b"", b"garbage" * 100])
def test_a_broken_bundle_is_refused(bundle, tmp_path, monkeypatch, capsys, damage):
    (bundle / "model.safetensors").write_bytes(damage)
    assert call(monkeypatch, "export", bundle, "--to", "onnx", "--out", tmp_path / "x") == 2
    assert capsys.readouterr().err == (
        f'error: bundle "{bundle}": model.safetensors is missing, damaged or of another architecture than config.json '
        "says (SmallNet, width 8); export the model again\n"
    )
    assert not (tmp_path / "x").exists()
