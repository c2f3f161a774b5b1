"""A MONAI bundle: weights and TorchScript, metadata, and an `inference.json` that MONAI runs without nucleoscope.

See docs/source/mb_specification.rst of Project-MONAI/MONAI.
"""

from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.augment import to_float
from nucleoscope.files import replacing, write_json, write_text
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.measured import measured_of
from nucleoscope.prediction.export.calibrated import open_torchscript, torchscript_logits, write_torchscript
from nucleoscope.prediction.export.card import describe, measured_text, title
from nucleoscope.prediction.probabilities import tempered

TARGET = "monai"

_SCRIPT_FILE = "models/model.ts"
_WEIGHTS_FILE = "models/model.pt"
_SCHEMA = "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20240725.json"
_MONAI = "1.6.1"  # that the layout was run with
_BATCH = 64
_NOT_STATED = "not stated"

_USE = """\
    pip install 'monai[fire,ignite,pillow]'
    python -m monai.bundle run --config_file configs/inference.json --bundle_root . --dataset_dir CROPS

in this folder writes `eval/predictions.csv`: the path of each PNG in CROPS and one probability a class, in the order
above. `models/model.ts` takes float pictures (N, 3, height, width) in 0..1 and returns logits, whose softmax are
calibrated probabilities; `models/model.pt` holds its weights.
"""


def write(bundle: Bundle, folder: Path) -> None:
    """Write `configs/`, `models/` and `docs/`."""
    for name in ("configs", "models", "docs"):
        (folder / name).mkdir()
    write_torchscript(bundle, folder / _SCRIPT_FILE, normalised=False)
    weights = open_torchscript(folder / _SCRIPT_FILE).state_dict()
    with replacing(folder / _WEIGHTS_FILE) as temporary:
        torch.save(dict(weights), temporary)
    write_text(folder / "docs" / "README.md", describe(bundle.config, _USE))
    write_json(folder / "configs" / "inference.json", _inference())
    write_json(folder / "configs" / "metadata.json", _metadata(bundle.config))


def read(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of crops (N, H, W, 3), by the TorchScript with the weights of `model.pt`."""
    model = open_torchscript(folder / _SCRIPT_FILE)
    model.load_state_dict(torch.load(folder / _WEIGHTS_FILE, map_location="cpu", weights_only=True))
    batches = (
        to_float(torch.from_numpy(images[start : start + _BATCH].copy()).permute(0, 3, 1, 2))
        for start in range(0, len(images), _BATCH)
    )
    return tempered(torchscript_logits(model, batches), temperature=1.0)


def _metadata(config: BundleConfig) -> dict[str, Any]:
    measured = measured_of(config)
    found = {}
    if measured is not None:  # the protocol is in the name: without it the figure means nothing
        found = {f"accuracy_{measured.protocol}_split": measured.accuracy}
    packages = {"pytorch-ignite": "0.5.5", "pillow": metadata.version("pillow")}
    return {
        "schema": _SCHEMA,
        "version": "1.0.0",
        "changelog": {"1.0.0": "exported by nucleoscope"},
        "monai_version": _MONAI,
        "pytorch_version": metadata.version("torch").partition("+")[0],
        "numpy_version": metadata.version("numpy"),
        "required_packages_version": packages,
        "optional_packages_version": {},
        "name": title(config),
        "task": "Classification of the nucleus in the centre of an H&E crop",
        "description": f"{config.specification.architecture}. {measured_text(config)}",
        "authors": _NOT_STATED,
        "copyright": _NOT_STATED,
        "data_source": f"crops with fingerprint {config.provenance.get('data_fingerprint', 'not recorded')}",
        "data_type": "png",
        "image_classes": "RGB, intensity scaled to [0, 1]",
        "label_classes": "one class a crop",
        "pred_classes": ", ".join(f"channel {i} is {name}" for i, name in enumerate(config.classes)),
        "eval_metrics": found,
        "intended_use": "Research use only: not a medical device, not for diagnosis",
        "references": [],
        "network_data_format": {
            "inputs": {"image": _input_format(config)},
            "outputs": {"pred": _output_format(config)},
        },
    }


def _input_format(config: BundleConfig) -> dict[str, Any]:
    return {
        "type": "image",
        "format": "magnitude",
        "modality": "H&E microscopy" + ("" if config.mpp is None else f", {config.mpp:g} um/pixel"),
        "num_channels": 3,
        "spatial_shape": list(config.specification.size),
        "dtype": "float32",
        "value_range": [0, 1],
        "is_patch_data": False,
        "channel_def": {"0": "red", "1": "green", "2": "blue"},
    }


def _output_format(config: BundleConfig) -> dict[str, Any]:
    return {
        "type": "probabilities",
        "format": "classes",
        "modality": "n/a",
        "num_channels": len(config.classes),
        "spatial_shape": [],
        "dtype": "float32",
        "value_range": [],  # logits; inference.json applies softmax
        "is_patch_data": False,
        "channel_def": {str(i): name for i, name in enumerate(config.classes)},
    }


def _inference() -> dict[str, Any]:
    """Reads all PNGs below a folder, and writes a table."""
    return {
        "imports": ["$import pathlib", "$import torch", "$import monai"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/crops'",
        "output_dir": "$@bundle_root + '/eval'",
        "device": "$torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "images": "$sorted(str(path) for path in pathlib.Path(@dataset_dir).rglob('*.png'))",
        "network_def": f"$torch.jit.load(@bundle_root + '/{_SCRIPT_FILE}', map_location=@device)",
        "network": "$@network_def.to(@device)",
        "preprocessing": _preprocessing(),
        "dataset": {
            "_target_": "Dataset",
            "data": "$[{'image': image} for image in @images]",
            "transform": "@preprocessing",
        },
        "dataloader": {
            "_target_": "DataLoader",
            "dataset": "@dataset",
            "batch_size": _BATCH,
            "shuffle": False,
            "num_workers": 0,
        },
        "inferer": {"_target_": "SimpleInferer"},
        "postprocessing": {
            "_target_": "Compose",
            "transforms": [{"_target_": "Activationsd", "keys": "pred", "softmax": True}],
        },
        "handlers": [
            {
                "_target_": "ClassificationSaver",
                "output_dir": "@output_dir",
                "filename": "predictions.csv",
                "batch_transform": "$lambda batch: [crop['image'].meta for crop in batch]",
                "output_transform": "$monai.handlers.from_engine('pred')",
            }
        ],
        "evaluator": _evaluator(),
        "run": ["$@evaluator.run()"],
    }


def _preprocessing() -> dict[str, Any]:
    """From a path to a float picture (3, H, W) in 0..1."""
    return {
        "_target_": "Compose",
        "transforms": [
            {
                "_target_": "LoadImaged",
                "keys": "image",
                "reader": "PILReader",
                "converter": "$lambda image: image.convert('RGB')",
                "reverse_indexing": False,  # or rows and columns change places
            },
            {"_target_": "EnsureChannelFirstd", "keys": "image"},
            {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": 0, "a_max": 255, "b_min": 0, "b_max": 1},
        ],
    }


def _evaluator() -> dict[str, Any]:
    """What runs all of it."""
    return {
        "_target_": "SupervisedEvaluator",
        "device": "@device",
        "val_data_loader": "@dataloader",
        "network": "@network",
        "inferer": "@inferer",
        "postprocessing": "@postprocessing",
        "val_handlers": "@handlers",
    }
