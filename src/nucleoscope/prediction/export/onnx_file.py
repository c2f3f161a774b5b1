"""An ONNX file that takes uint8 crops, any number a batch, with its classes and its resolution inside."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.files import replacing, write_json, write_text
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.export import INPUT, OUTPUT, FromBytes, write_onnx
from nucleoscope.prediction.engines.onnxruntime_engine import OnnxRuntimeEngine
from nucleoscope.prediction.export.calibrated import Calibrated
from nucleoscope.prediction.export.card import describe, interface
from nucleoscope.prediction.probabilities import tempered

TARGET = "onnx"
MODEL_FILE = "model.onnx"
INTERFACE_FILE = "interface.json"

_USE = f"""\
    import numpy, onnxruntime

    session = onnxruntime.InferenceSession("{MODEL_FILE}")
    logits = session.run(None, {{"{INPUT}": crops}})[0]  # crops: uint8 (N, height, width, 3)
    names = session.get_modelmeta().custom_metadata_map["classes"]  # a JSON list

Softmax of the logits are calibrated probabilities. `{INTERFACE_FILE}` says the same for programs.
"""


def write(bundle: Bundle, folder: Path) -> None:
    """Write `model.onnx` and `interface.json`."""
    write_calibrated(bundle, folder / MODEL_FILE)
    _add_metadata(bundle, folder / MODEL_FILE)
    write_text(folder / "README.md", describe(bundle.config, _USE))
    write_json(folder / INTERFACE_FILE, interface(bundle.config, INPUT, OUTPUT))


def write_calibrated(bundle: Bundle, path: Path) -> None:
    """Write the calibrated classifier as ONNX."""
    size = bundle.config.specification.size
    write_onnx(Calibrated(FromBytes(bundle.model, size), bundle.config, axes=(1, 2)), size, path)


def read(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of crops (N, H, W, 3), by ONNX Runtime."""
    return tempered(OnnxRuntimeEngine(folder / MODEL_FILE).logits(images), temperature=1.0)


def _add_metadata(bundle: Bundle, path: Path) -> None:
    import onnx

    model = onnx.load(str(path))
    facts = {"classes": json.dumps(bundle.config.classes), "mpp": json.dumps(bundle.config.mpp)}
    onnx.helper.set_model_props(model, facts)
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        onnx.save(model, str(temporary))
