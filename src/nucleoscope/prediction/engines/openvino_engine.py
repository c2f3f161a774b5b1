"""OpenVINO as an engine, on the CPU: one stream of work for each core, each with a few crops at a time.

A core that computes alone, on what fits its own cache, gets nearer to what it can do than two that share a layer.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.prediction.engines.engine import crops_a_step
from nucleoscope.runtime import threads


class OpenVinoEngine:
    """A file that `export` or `quantisation` wrote, with as many threads as torch has.

    Args:
        file: ONNX.
        precision: of what the file has in float32: "f32" or "bf16".
    """

    def __init__(self, file: Path, precision: str) -> None:
        import openvino

        self._openvino = openvino
        self._core = openvino.Core()
        self._network = self._core.read_model(file)
        self._precision = precision
        self._compiled: dict[int, Any] = {}

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine`."""
        step = crops_a_step(*pictures.shape[1:3])
        step = 1 if len(pictures) < threads() * step else step  # too few to fill a step for each core
        queue = self._queue(step, pictures.shape[1:])
        found: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * -(-len(pictures) // step)

        def keep(request: Any, part: int) -> None:
            found[part] = request.get_output_tensor(0).data.copy()

        queue.set_callback(keep)
        # OpenVINO reads each part where it lies, without holding on to it: what is freed too early, others write over.
        parts = [_filled(pictures[start : start + step], step) for start in range(0, len(pictures), step)]
        for part, filled in enumerate(parts):
            queue.start_async(filled, part, share_inputs=True)
        queue.wait_all()
        return np.concatenate(found)[: len(pictures)]

    def _queue(self, step: int, shape: tuple[int, ...]) -> Any:
        """Requests for so many crops at once; a fixed shape lets OpenVINO plan its memory."""
        if step not in self._compiled:
            network = self._network.clone()
            network.reshape([step, *shape])
            properties: dict[str, Any] = {
                "INFERENCE_PRECISION_HINT": self._precision,
                "INFERENCE_NUM_THREADS": threads(),
                "NUM_STREAMS": 1 if step == 1 else threads(),  # few crops are waited for: all cores on each
                "ENABLE_CPU_PINNING": False,  # another process may have been pinned to the same core
            }
            compiled = self._core.compile_model(network, "CPU", properties)
            # One request more than there are streams: it waits, ready, when one of them ends.
            self._compiled[step] = self._openvino.AsyncInferQueue(compiled, properties["NUM_STREAMS"] + 1)
        return self._compiled[step]


def _filled(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Pictures (B, H, W, 3), the last one repeated until there are `count`."""
    missing = count - len(pictures)
    filled = np.concatenate([pictures, np.repeat(pictures[-1:], missing, axis=0)]) if missing else pictures
    return np.ascontiguousarray(filled)
