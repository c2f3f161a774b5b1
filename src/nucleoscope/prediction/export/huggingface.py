"""A folder for the Hugging Face Hub: the bundle itself, with a model card that its index of results can read.

See https://huggingface.co/docs/hub/model-cards for the front matter; `model-index` holds what was measured.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from numpy.typing import NDArray

from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.measured import Measured, measured_of
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.export.card import describe, title
from nucleoscope.prediction.probabilities import to_probabilities

TARGET = "huggingface"

_USE = """\
    from pathlib import Path

    from huggingface_hub import snapshot_download
    from nucleoscope import load_bundle, predict_probabilities

    bundle = load_bundle(Path(snapshot_download("OWNER/NAME")))
    probabilities = predict_probabilities(bundle, crops)  # crops: uint8 (N, height, width, 3)

No licence was stated: fill in `license` above before you share this, and name the data that it was trained on.
"""
_TASK = {"type": "image-classification", "name": "Nucleus classification"}


def write(bundle: Bundle, folder: Path) -> None:
    """Write `model.safetensors`, `config.json` and `README.md`; `load_bundle` reads them."""
    front = yaml.safe_dump(_front_matter(bundle.config), sort_keys=False, allow_unicode=True)
    save_bundle(folder, bundle, f"---\n{front}---\n\n{describe(bundle.config, _USE)}")


def read(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of crops (N, H, W, 3), by the bundle in the folder, in float32."""
    bundle = load_bundle(folder, torch.device("cpu"))
    runner = Runner(TARGET, TorchEngine(bundle.model, exact=True))
    return to_probabilities(runner.logits(images, bundle.config.views), bundle.config)


def _front_matter(config: BundleConfig) -> dict[str, Any]:
    measured = measured_of(config)
    front = {
        "license": "unknown",
        "library_name": "nucleoscope",
        "pipeline_tag": "image-classification",
        "tags": ["histology", "pathology", "hematoxylin-eosin", "nucleus-classification"],
    }
    return front if measured is None else {**front, "model-index": [_index(config, measured)]}


def _index(config: BundleConfig, measured: Measured) -> dict[str, Any]:
    """What was measured; each figure names its protocol, since without it the figure means nothing."""
    figures = {
        "accuracy": ("Accuracy", measured.accuracy),
        "balanced_accuracy": ("Balanced accuracy", measured.balanced_accuracy),
        "f1": ("Macro F1", measured.macro_f1),
        "expected_calibration_error": ("Expected calibration error", measured.ece),
    }
    how = f"{measured.protocol} split, {measured.crops:,} validation crops"
    metrics = [{"type": kind, "name": f"{name} ({how})", "value": value} for kind, (name, value) in figures.items()]
    fingerprint = str(config.provenance.get("data_fingerprint", "not recorded"))
    dataset = {
        "type": "nucleus-crops",
        "name": f"H&E nucleus crops, fingerprint {fingerprint[:12]}",
        "split": "validation",
        "args": {
            "protocol": measured.protocol,
            "crops": measured.crops,
            "seed": measured.seed,
            "accuracy_ci95": None if measured.accuracy_ci95 is None else list(measured.accuracy_ci95),
            "fingerprint": fingerprint,
        },
    }
    return {"name": title(config), "results": [{"task": _TASK, "dataset": dataset, "metrics": metrics}]}
