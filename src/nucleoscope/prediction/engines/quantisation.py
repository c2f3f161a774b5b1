"""Eight-bit weights and features, their ranges measured on training crops (post-training quantisation)."""

import io
import logging
import os
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.files import replacing
from nucleoscope.prediction.engines.export import INPUT

CALIBRATION_CROPS = 300
_BATCH = 20


def quantise(source: Path, crops: NDArray[np.uint8], path: Path) -> None:
    """Write an ONNX file in int8.

    Weights have a scale for each channel. Features have one for all channels: with one each, as is the default for
    depthwise layers, ONNX Runtime takes six times as long and OpenVINO a tenth longer, at the same accuracy.

    Args:
        source: what `export_onnx` wrote.
        crops: (N, H, W, 3), training crops as they are.
        path: of the file to write.
    """
    os.environ.setdefault("NNCF_CI", "1")  # or it reports its use to its maker over the network
    # What nncf imports looks for a compiler of GPU code, and says that it found none.
    logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)
    import nncf
    import onnx
    from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters, QuantizationParameters

    nncf.set_log_level(logging.ERROR)
    batches = [crops[start : start + _BATCH] for start in range(0, len(crops) - _BATCH + 1, _BATCH)] or [crops]
    one_scale = QuantizationParameters(per_channel=False)
    with redirect_stdout(io.StringIO()):  # progress bars of its own, which would write over ours
        quantised = nncf.quantize(
            onnx.load(str(source)),
            nncf.Dataset(batches, lambda batch: {INPUT: batch}),
            preset=nncf.QuantizationPreset.MIXED,
            subset_size=len(batches),
            advanced_parameters=AdvancedQuantizationParameters(activations_quantization_params=one_scale),
        )
    with replacing(path) as temporary:
        onnx.save(quantised, str(temporary))
