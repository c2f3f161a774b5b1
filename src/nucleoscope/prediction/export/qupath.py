"""A folder for the user models of QuPath's WSInfer extension, which classifies selected detections.

The extension cuts a square around the centroid of each, resizes it, divides by 255, normalises, and applies softmax
to what the TorchScript returns. See `WSInfer.java` and `TileLoader.java` of qupath/qupath-extension-wsinfer, and the
schema in the package wsinfer-zoo.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import Compose, Normalize, Resize, ToTensor

from nucleoscope.errors import EngineError
from nucleoscope.files import write_json, write_text
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.prediction.export.calibrated import open_torchscript, torchscript_logits, write_torchscript
from nucleoscope.prediction.export.card import describe
from nucleoscope.prediction.probabilities import tempered

TARGET = "qupath"

# These names are the extension's.
_MODEL_FILE = "torchscript_model.pt"
_CONFIG_FILE = "config.json"
_TRANSFORMS = {"Resize": Resize, "ToTensor": ToTensor, "Normalize": Normalize}
_BATCH = 64

_USE = """\
Put this folder into the user model directory of QuPath's WSInfer extension, select detections, choose the model by the
name of this folder, and run it.
"""


def write(bundle: Bundle, folder: Path) -> None:
    """Write `torchscript_model.pt` and `config.json`.

    Raises:
        EngineError: crops are not square, or their resolution is not known.
    """
    _check(bundle.config)
    write_torchscript(bundle, folder / _MODEL_FILE, normalised=True)
    write_text(folder / "README.md", describe(bundle.config, _USE))
    write_json(folder / _CONFIG_FILE, _wsinfer_config(bundle.config))


def read(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of crops (N, H, W, 3), by what `config.json` says, as WSInfer does."""
    values = json.loads((folder / _CONFIG_FILE).read_text(encoding="utf-8"))
    transform = Compose([_TRANSFORMS[step["name"]](**step.get("arguments", {})) for step in values["transform"]])
    batches = (
        torch.stack([transform(Image.fromarray(image)) for image in images[start : start + _BATCH]])
        for start in range(0, len(images), _BATCH)
    )
    return tempered(torchscript_logits(open_torchscript(folder / _MODEL_FILE), batches), temperature=1.0)


def _check(config: BundleConfig) -> None:
    height, width = config.specification.size
    if height != width:
        raise EngineError(
            f"the bundle takes crops of {width}x{height} pixels; QuPath's WSInfer cuts squares only: train with "
            "square crops, or take another --to"
        )
    if config.mpp is None:
        raise EngineError(
            "the bundle does not know the resolution of its crops, by which QuPath's WSInfer cuts them: write it into "
            'its config.json (such as "mpp": 0.25), or train with --mpp'
        )


def _wsinfer_config(config: BundleConfig) -> dict[str, Any]:
    side = config.specification.size[0]
    return {
        "spec_version": "1.0",
        "architecture": config.specification.architecture,
        "num_classes": len(config.classes),
        "class_names": list(config.classes),
        "patch_size_pixels": side,
        "spacing_um_px": config.mpp,
        "transform": [
            {"name": "Resize", "arguments": {"size": side}},  # on an image of another mpp the square has other pixels
            {"name": "ToTensor"},
            {"name": "Normalize", "arguments": {"mean": list(config.mean), "std": list(config.std)}},
        ],
    }
