"""`DenseEngine`: logits of all nuclei of a field from one pass over it, and a crop where that leaves a doubt."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.prediction.dense.lens import look_through
from nucleoscope.prediction.dense.network import DenseNetwork
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.logits import Progress
from nucleoscope.prediction.probabilities import to_probabilities

SURE = 0.9
"""Probability of the likeliest class below which a nucleus gets a second look, by the crop engine."""


@dataclass(frozen=True)
class DenseEngine:
    """A dense network with the lens that was fitted for it.

    Attributes:
        network: of a bundle.
        lens: (P, inputs + 1, outputs), see `lens`.
    """

    network: DenseNetwork
    lens: Tensor

    def predict_logits(self, field: Field, progress: Progress | None = None) -> NDArray[np.float32]:
        """Logits (N, C) of all nuclei of a field, in their order."""
        found = self.glance(field, progress)
        doubtful = np.flatnonzero(self.doubts(found))
        found[doubtful] = predict_crops_of(self.network.bundle, Field(field.image, field.centres[doubtful]))
        return found

    def doubts(self, logits: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which of N nuclei with these logits (N, C) get a second look."""
        doubtful: NDArray[np.bool_] = to_probabilities(logits, self.network.bundle.config).max(axis=1) < SURE
        return doubtful

    @torch.inference_mode()
    def glance(self, field: Field, progress: Progress | None = None) -> NDArray[np.float32]:
        """Logits (N, C) from the maps of the field alone, without second looks."""
        found = np.empty((len(field), len(self.network.bundle.config.classes)), np.float32)
        done = 0
        for windows in self.network.windows(field):
            found[windows.index] = self.network.finish(look_through(self.lens, windows.features))
            done += len(windows.index)
            if progress:
                progress(done, len(field))
        return found
