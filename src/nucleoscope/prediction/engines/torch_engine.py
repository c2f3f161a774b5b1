"""PyTorch as an engine: what `evaluate` measures, on any device."""

import numpy as np
from numpy.typing import NDArray

from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.prediction.logits import predict_logits


class TorchEngine:
    """The model as it is; in bfloat16 where the device is made for it, unless it shall be exact."""

    def __init__(self, model: NucleusClassifier, *, exact: bool = False) -> None:
        self._model = model
        self._exact = exact

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Engine`."""
        device = next(self._model.parameters()).device
        logits: NDArray[np.float32] = predict_logits(self._model, pictures, device=device, exact=self._exact).numpy()
        return logits
