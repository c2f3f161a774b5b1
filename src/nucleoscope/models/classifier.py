"""`NucleusClassifier`: pictures in, logits out. It carries its normalisation, so that no caller can get it wrong.

The question is about the nucleus in the centre, and its neighbours are often of another class. Towards the border a
picture therefore fades to its mean colour: the network sees where the centre is, and still sees the surroundings.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_WIDTH = 0.5  # standard deviation of the central window; a half side is 1


class NucleusClassifier(nn.Module):
    """A network with the input transform that it was trained with.

    Args:
        network: maps normalised pictures to logits.
        mean: of each channel, in 0..1.
        std: of each channel, in 0..1.
        input_size: the side in pixels that the network demands, or None if it takes what it gets; pictures
            of another size are resampled.
        head: the last layer of the network, trained at the full rate.
        surround: contrast that is left far from the centre; 1 leaves pictures as they are.
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
        surround: float = 1.0,
    ) -> None:
        super().__init__()
        self.network = network
        self.input_size = input_size
        self.surround = surround
        self._head = [head]  # in a list: the network owns it already
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    @property
    def head(self) -> nn.Module:
        """The last layer."""
        return self._head[0]

    def set_head(self, head: nn.Module) -> None:
        """Say that another module of the network is the last layer; see `models.head.replace_head`."""
        self._head = [head]

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C) of pictures (B, 3, H, W), float in 0..1."""
        logits: Tensor = self.network(self.prepare(pictures))
        return logits

    def normalise(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W), float in 0..1, with mean 0 and deviation 1, as the network was trained."""
        return (pictures - self.mean) / self.std

    def prepare(self, pictures: Tensor) -> Tensor:
        """What the network sees of pictures (B, 3, H, W): of its size, normalised, the surroundings faded."""
        if self.input_size is not None and pictures.shape[-2:] != (self.input_size, self.input_size):
            pictures = functional.interpolate(
                pictures, size=(self.input_size, self.input_size), mode="bilinear", antialias=False
            )
        normalised = self.normalise(pictures)
        return normalised * central_window(normalised, self.surround) if self.surround < 1.0 else normalised


def central_window(pictures: Tensor, surround: float) -> Tensor:
    """A Gaussian of a quarter of the sides around the centre, from 1 down to `surround`: (H, W) for (B, 3, H, W)."""
    y, x = (torch.linspace(-1.0, 1.0, side, device=pictures.device) for side in pictures.shape[-2:])
    squared = y[:, None] ** 2 + x[None, :] ** 2
    return surround + (1.0 - surround) * torch.exp(-squared / (2.0 * _WIDTH**2))
