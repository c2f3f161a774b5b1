"""OpenVINO's intermediate representation: `model.xml` and `model.bin`, weights in float32."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.files import write_json, write_text
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.export import INPUT, OUTPUT
from nucleoscope.prediction.engines.openvino_engine import OpenVinoEngine
from nucleoscope.prediction.export.card import describe, interface
from nucleoscope.prediction.export.onnx_file import INTERFACE_FILE, write_calibrated
from nucleoscope.prediction.probabilities import tempered

TARGET = "openvino"
_MODEL_FILE = "model.xml"

_USE = f"""\
    import openvino

    network = openvino.Core().compile_model("{_MODEL_FILE}", "CPU", {{"INFERENCE_PRECISION_HINT": "f32"}})
    logits = network(crops)["{OUTPUT}"]  # crops: uint8 (N, height, width, 3)

Softmax of the logits are calibrated probabilities. Without the hint OpenVINO computes in bfloat16 where the processor
can. `{INTERFACE_FILE}` says the same for programs.
"""


def write(bundle: Bundle, folder: Path) -> None:
    """Write `model.xml`, `model.bin` and `interface.json`."""
    import openvino

    with tempfile.TemporaryDirectory() as workshop:
        path = Path(workshop) / "model.onnx"
        write_calibrated(bundle, path)
        model = openvino.Core().read_model(path)
        openvino.save_model(model, folder / _MODEL_FILE, compress_to_fp16=False)
    write_text(folder / "README.md", describe(bundle.config, _USE))
    write_json(folder / INTERFACE_FILE, interface(bundle.config, INPUT, OUTPUT))


def read(folder: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (N, C) of crops (N, H, W, 3), by OpenVINO on the CPU in float32."""
    return tempered(OpenVinoEngine(folder / _MODEL_FILE, "f32").logits(images), temperature=1.0)
