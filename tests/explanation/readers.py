"""Models that read a known part of the crop, as bundles, and crops whose class is written in both parts."""

import numpy as np
import torch
from torch import Tensor, nn

from nucleoscope.explanation.centre import central_disc
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.small import SmallNet
from nucleoscope.models.specification import Kind, Specification

SIDE = 40
CLASSES = ("dark", "light")


class Reader(nn.Module):
    """Class 1 where the mean of a region (H, W) is above one half, class 0 below."""

    region: Tensor

    def __init__(self, region: Tensor) -> None:
        super().__init__()
        self.register_buffer("region", region / region.sum())
        self.head = nn.Linear(1, 2)
        with torch.no_grad():
            self.head.weight.copy_(torch.tensor([[-40.0], [40.0]]))
            self.head.bias.copy_(torch.tensor([20.0, -20.0]))

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, 2)."""
        return self.head((pictures.mean(dim=1) * self.region).sum(dim=(1, 2))[:, None])


def bundle_of(network: nn.Module, head: nn.Module, classes: tuple[str, ...] = CLASSES) -> Bundle:
    """A network as a bundle that leaves pictures and logits as they are."""
    model = NucleusClassifier(network, (0, 0, 0), (1, 1, 1), None, head).eval()
    specification = Specification(Kind.MODEL1, len(classes), (SIDE, SIDE))
    config = BundleConfig(specification, classes, tuple(range(len(classes))), (0, 0, 0), (1, 1, 1))
    return Bundle(model, config)


def centre_mask(radius: float) -> Tensor:
    """1 in the central disc, 0 elsewhere."""
    return torch.from_numpy(central_disc(SIDE, SIDE, radius=radius)).float()


def reads_centre() -> Bundle:
    """Reads a disc of a fifth of the side."""
    return reader_of(centre_mask(0.2))


def reads_border() -> Bundle:
    """Reads what is outside the largest disc."""
    return reader_of(1.0 - centre_mask(0.5))


def reader_of(region: Tensor) -> Bundle:
    """Reads a region (H, W)."""
    network = Reader(region)
    return bundle_of(network, network.head)


def linear_bundle(weight: Tensor | None = None) -> Bundle:
    """Reads every pixel by itself: with random weights, or with these (2, 3, H, W)."""
    torch.manual_seed(0)
    linear = nn.Linear(3 * SIDE * SIDE, 2)
    if weight is not None:
        with torch.no_grad():
            linear.weight.copy_(weight.flatten(1))
    return bundle_of(nn.Sequential(nn.Flatten(), linear), linear)


def small_bundle(classes: tuple[str, ...] = ("a", "b", "c")) -> Bundle:
    """An untrained SmallNet."""
    torch.manual_seed(0)
    network = SmallNet(len(classes), 4)
    return bundle_of(network, network.head, classes)


def split_crops(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crops whose central disc (of half the side) and whose surroundings are dark or light independently.

    Returns:
        Images (N, 40, 40, 3) uint8, and whether the centre and the surroundings are light, (N,) each.
    """
    generator = np.random.default_rng(seed)
    centre, around = (generator.permutation(np.arange(count) % 2) for _ in range(2))
    disc = central_disc(SIDE, SIDE, radius=0.3)[None, :, :, None]
    values = np.where(disc, centre[:, None, None, None], around[:, None, None, None]) * 100 + 78
    noise = generator.integers(-20, 21, (count, SIDE, SIDE, 3))
    return (values + noise).astype(np.uint8), centre.astype(np.int64), around.astype(np.int64)
