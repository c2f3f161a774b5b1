"""`Recipe`: what a fit does with its crops. Other ways to train are subclasses; the loop stays the same."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.config import Training
from nucleoscope.training.examples import Learnable
from nucleoscope.training.loss import class_weights


class Recipe:
    """Every crop once an epoch, augmented; cross-entropy with class weights.

    Args:
        train: crops to learn from, M of them, or their embeddings.
        settings: how.
        device: where to compute.
    """

    def __init__(self, train: Learnable, settings: Training, device: torch.device) -> None:
        self.train, self.settings, self.device = train, settings, device
        weights = class_weights(train.targets, train.n_classes, settings.class_balance)
        self.weights = torch.from_numpy(weights).to(device)  # (C,)

    def order(self, generator: torch.Generator) -> NDArray[np.int64]:
        """The crops of an epoch, (M,), as positions among the M, in the order in which they are taken."""
        return torch.randperm(len(self.train), generator=generator).numpy()

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """What the model sees of the crops at these positions, changed at random, on the device."""
        return self.train.batch(self.train.index[chosen], self.settings, generator, self.device)

    def loss(self, logits: Tensor, targets: Tensor, chosen: NDArray[np.int64]) -> Tensor:
        """What is minimised, a scalar, of float32 logits (B, C) and labels (B,) of the crops at these positions."""
        return functional.cross_entropy(logits, targets, self.weights, label_smoothing=self.settings.label_smoothing)
