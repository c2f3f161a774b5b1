"""`Recipe`: what a fit does with its crops. Other ways to train are subclasses; the loop stays the same."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.config import Training
from nucleoscope.data.augment import Jitter, augment
from nucleoscope.prediction.logits import to_batch
from nucleoscope.training.examples import Examples
from nucleoscope.training.loss import class_weights


class Recipe:
    """Every crop once an epoch, augmented; cross-entropy with class weights.

    Args:
        train: crops to learn from, M of them.
        settings: how.
        device: where to compute.

    Attributes:
        jitter: how far a crop may be changed at full strength.
    """

    jitter = Jitter()

    def __init__(self, train: Examples, settings: Training, device: torch.device) -> None:
        self.train, self.settings, self.device = train, settings, device
        weights = class_weights(train.targets, train.n_classes, settings.class_balance)
        self.weights = torch.from_numpy(weights).to(device)  # (C,)

    def order(self, generator: torch.Generator) -> NDArray[np.int64]:
        """The crops of an epoch, (M,), as positions among the M, in the order in which they are taken."""
        return torch.randperm(len(self.train), generator=generator).numpy()

    def pictures(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """The crops at these positions, changed at random: (B, 3, H, W) float32 in 0..1 on the device."""
        pictures = to_batch(self.train.images, self.train.index[chosen], self.device)
        return augment(pictures, self.train.size, self.settings.augmentation, generator, self.jitter)

    def loss(self, logits: Tensor, targets: Tensor, chosen: NDArray[np.int64]) -> Tensor:
        """What is minimised, a scalar, of float32 logits (B, C) and labels (B,) of the crops at these positions."""
        return functional.cross_entropy(logits, targets, self.weights, label_smoothing=self.settings.label_smoothing)
