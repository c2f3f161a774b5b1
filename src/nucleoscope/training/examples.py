"""`Examples`: labelled crops as a fit sees them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.config import Training
from nucleoscope.data.augment import augment, augment_scales
from nucleoscope.data.concealing import conceal
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.head import EmbeddingClassifier
from nucleoscope.prediction.logits import predict_logits, to_batch

Learner = NucleusClassifier | EmbeddingClassifier
"""What can be fitted: a whole classifier, or a head on embeddings."""


class Learnable(Protocol):
    """What a fit needs of its examples: crops here, embeddings in `training.embedded`."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """Of everything, (N,)."""

    @property
    def index(self) -> NDArray[np.int64]:
        """Positions of what is meant, (M,)."""

    @property
    def targets(self) -> NDArray[np.int64]:
        """The labels at `index`, (M,)."""

    @property
    def n_classes(self) -> int:
        """C."""

    @property
    def tile(self) -> NDArray[np.int64] | None:
        """Of everything, (N,), where tiles are known."""

    def __len__(self) -> int: ...

    def batch(
        self, positions: NDArray[np.int64], settings: Training, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """What the model learns from at these positions into all, changed at random."""

    def logits(self, model: Learner, device: torch.device, views: int) -> Tensor:
        """Logits (M, C) on the CPU, the mean over so many views."""


@dataclass(frozen=True)
class Examples:
    """Positions into a shared array of crops, never a copy of it.

    Attributes:
        images: (N, H, W, 3) uint8, all crops.
        labels: (N,) int64 in 0..C-1.
        index: (M,) int64, positions of the crops that are meant.
        n_classes: C.
        surroundings: how many times the width of a crop they show.
        tile: (N,) that each crop is from, where that is known.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    index: NDArray[np.int64]
    n_classes: int
    surroundings: int = 1
    tile: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The labels at `index`, (M,)."""
        return self.labels[self.index]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the crops, in pixels."""
        return self.images.shape[1], self.images.shape[2]

    def batch(
        self, positions: NDArray[np.int64], settings: Training, generator: torch.Generator, device: torch.device
    ) -> Tensor:
        """Crops at these positions into all, changed, float32 in 0..1; see `data.augment`.

        Returns:
            (B, 3, H, W), or with surroundings all scales (S, B, 3, h, w).
        """
        pictures = to_batch(self.images, positions, device)
        if self.surroundings == 1:
            return augment(pictures, self.size, settings.augmentation, generator, grey=settings.grey)
        pictures = conceal(pictures, self.surroundings, generator)
        return augment_scales(pictures, self.surroundings, settings.augmentation, generator, settings.grey)

    def logits(self, model: Learner, device: torch.device, views: int) -> Tensor:
        """Logits (M, C) of the crops at `index`; see `predict_logits`."""
        assert isinstance(model, NucleusClassifier)  # a head sees embeddings
        return predict_logits(model, self.images, self.index, device=device, views=views)
