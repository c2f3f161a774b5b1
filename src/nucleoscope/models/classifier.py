"""`NucleusClassifier`: pictures in, logits out. It carries its normalisation, so that no caller can get it wrong."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class NucleusClassifier(nn.Module):
    """A network with the input transform that it was trained with.

    Args:
        network: maps normalised pictures to logits.
        mean: of each channel, in 0..1.
        std: of each channel, in 0..1.
        input_size: the side in pixels that the network demands, or None if it takes what it gets; pictures
            of another size are resampled.
        head: the last layer of the network, trained at the full rate.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        mean: Sequence[float],
        std: Sequence[float],
        input_size: int | None,
        head: nn.Module,
    ) -> None:
        super().__init__()
        self.network = network
        self.input_size = input_size
        self._head = [head]  # in a list: the network owns it already
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    @property
    def head(self) -> nn.Module:
        """The last layer."""
        return self._head[0]

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C) of pictures (B, 3, H, W), float in 0..1."""
        if self.input_size is not None and pictures.shape[-2:] != (self.input_size, self.input_size):
            pictures = functional.interpolate(
                pictures, size=(self.input_size, self.input_size), mode="bilinear", antialias=False
            )
        logits: Tensor = self.network((pictures - self.mean) / self.std)
        return logits
