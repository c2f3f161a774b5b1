"""ONNX Runtime as an engine, on the CPU."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.prediction.engines.engine import crops_a_step
from nucleoscope.runtime import threads


class OnnxRuntimeEngine:
    """A file that `export` or `quantisation` wrote, with as many threads as torch has."""

    def __init__(self, file: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.log_severity_level = 3  # errors; it warns of every layer that it does not fuse
        # A pool that spins while it waits slows down whatever runs beside it; see docs/benchmarks.md.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine`."""
        step = threads() * crops_a_step(*pictures.shape[1:3])
        parts = [pictures[start : start + step] for start in range(0, len(pictures), step)]
        return np.concatenate([self._session.run(None, {self._input: part})[0] for part in parts])
