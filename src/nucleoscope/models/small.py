"""model1: a small residual ConvNet of at most eight layers with weights, trained from scratch."""

import torch
from torch import Tensor, nn

from nucleoscope.errors import ConfigError

MAX_WEIGHTED_LAYERS = 8


def weighted_layers(network: nn.Module) -> int:
    """How many convolutions and linear layers a network has."""
    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.Linear, nn.Bilinear)
    return sum(isinstance(module, kinds) for module in network.modules())


def check_depth(network: nn.Module) -> None:
    """Refuse a network with more than eight layers with weights.

    Raises:
        ConfigError: there is a ninth one.
    """
    found = weighted_layers(network)
    if found > MAX_WEIGHTED_LAYERS:
        raise ConfigError(
            f"model1 has {found} layers with weights; the task allows at most {MAX_WEIGHTED_LAYERS} "
            "(convolution + linear): remove layers"
        )


def _convolve(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input passes unchanged (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(_convolve(channels, channels), _convolve(channels, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Features of the same shape (B, C, H, W)."""
        changed: Tensor = self.body(features)
        return features + changed


class CentreAndContext(nn.Module):
    """Pools features twice: the strongest anywhere, and the mean of the central half, where the nucleus is."""

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, 2C)."""
        height, width = features.shape[-2:]
        centre = features[..., height // 4 : height - height // 4, width // 4 : width - width // 4]
        return torch.cat([features.amax(dim=(2, 3)), centre.mean(dim=(2, 3))], dim=1)


class SmallNet(nn.Module):
    """model1.

    Args:
        classes: number of classes, C.
        width: channels of the first layer; the others have two and four times as many.

    Raises:
        ConfigError: it would have more than eight layers with weights.
    """

    def __init__(self, classes: int, width: int = 32) -> None:
        super().__init__()
        self.stem = _convolve(3, width, kernel=5, stride=2)
        self.middle = nn.Sequential(_convolve(width, 2 * width), nn.MaxPool2d(2), Residual(2 * width))
        self.deep = nn.Sequential(_convolve(2 * width, 4 * width), nn.MaxPool2d(2), Residual(4 * width))
        self.pool = CentreAndContext()
        self.head = nn.Linear(8 * width, classes)
        check_depth(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C) of normalised pictures (B, 3, H, W)."""
        logits: Tensor = self.head(self.pool(self.deep(self.middle(self.stem(pictures)))))
        return logits
