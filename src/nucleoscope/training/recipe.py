"""`Recipe`: what a fit does with its crops. Other ways to train are subclasses; the loop stays the same."""

from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.config import Training
from nucleoscope.training.capping import first_of_each, room_for_each
from nucleoscope.training.examples import Learnable
from nucleoscope.training.loss import class_weights


class Recipe:
    """Every crop once an epoch, or so many of each class of a tile; augmented; cross-entropy with class weights.

    Args:
        train: crops to learn from, M of them, or their embeddings.
        settings: how.
        device: where to compute.

    Raises:
        ValueError: the settings cap tiles, and no tiles are known.
    """

    def __init__(self, train: Learnable, settings: Training, device: torch.device) -> None:
        self.train, self.settings, self.device = train, settings, device
        taken = self._capped(np.arange(len(train)))
        self.crops_an_epoch = len(taken)
        weights = class_weights(train.targets[taken], train.n_classes, settings.class_balance)
        self.weights = torch.from_numpy(weights).to(device)  # (C,)

    @cached_property
    def class_of_tile(self) -> NDArray[np.int64]:
        """A number for the class and tile of each of the M crops, (M,).

        Raises:
            ValueError: no tiles are known.
        """
        if self.train.tile is None:
            raise ValueError("the tile of each crop is needed and none is known")
        return self.train.tile[self.train.index] * self.train.n_classes + self.train.targets

    def order(self, generator: torch.Generator) -> NDArray[np.int64]:
        """The crops of an epoch, `crops_an_epoch` positions among the M, in the order in which they are taken."""
        return self._capped(torch.randperm(len(self.train), generator=generator).numpy())

    def batch(self, chosen: NDArray[np.int64], generator: torch.Generator) -> Tensor:
        """What the model sees of the crops at these positions, changed at random, on the device."""
        return self.train.batch(self.train.index[chosen], self.settings, generator, self.device)

    def loss(self, logits: Tensor, targets: Tensor, chosen: NDArray[np.int64]) -> Tensor:
        """What is minimised, a scalar, of float32 logits (B, C) and labels (B,) of the crops at these positions."""
        return functional.cross_entropy(logits, targets, self.weights, label_smoothing=self.settings.label_smoothing)

    def _capped(self, order: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of positions among the M, those that a tile's share of an epoch has room for, the first ones first."""
        if self.settings.tile_cap == 0:
            return order
        group = self.class_of_tile[order]
        return order[first_of_each(group, room_for_each(group, self.settings.tile_cap))]
