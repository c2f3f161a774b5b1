"""A small network of the kind that the dense engine cuts, so that tests take no time."""

import numpy as np
import torch
from torch import Tensor, nn

from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.fields import Field

SIZE = (64, 64)
CLASSES = ("a", "b", "c")


def _shrink(inputs: int, outputs: int, stride: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class TinyNet(nn.Module):
    """Strides 2, 4, 8, 16, 16, 32, 32; then the mean and a linear head."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        widths = (3, 6, 8, 8, 10, 10, 12, 12)
        strides = (2, 2, 2, 2, 1, 2, 1)
        self.features = nn.Sequential(
            *(_shrink(*step, kernel) for step in zip(widths, widths[1:], strides, strict=False))
        )
        self.classifier = nn.Linear(12, len(CLASSES))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.features(pictures).mean(dim=(2, 3)))


def tiny_bundle(seed: int = 0, surround: float = 0.5, kernel: int = 3) -> Bundle:
    """A bundle of a random network, its batch norms with statistics of their own."""
    torch.manual_seed(seed)
    network = TinyNet(kernel)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
            module.running_var.uniform_(0.2, 0.5)
    network.classifier.weight.data *= 100.0  # else all nuclei get about the same logits, and tests see nothing
    model = NucleusClassifier(network, (0.5,) * 3, (0.25,) * 3, None, network.classifier, surround).eval()
    specification = Specification(Kind.MODEL2, len(CLASSES), SIZE, surround=surround)
    return Bundle(model, BundleConfig(specification, CLASSES, (0, 1, 2), (0.5,) * 3, (0.25,) * 3))


def smooth_field(seed: int, nuclei: int = 40, width: int = 230, height: int = 170) -> Field:
    """A picture of coloured clouds, and places anywhere on it, its corners among them."""
    rng = np.random.default_rng(seed)
    rough = torch.from_numpy(rng.random((1, 3, height // 10, width // 10), np.float32))
    smooth = torch.nn.functional.interpolate(rough, (height, width), mode="bicubic").clamp(0, 1)
    image = (smooth[0].permute(1, 2, 0) * 255).byte().numpy()
    corners = [(0, 0), (width, 0), (0, height), (width, height)]
    return Field(image, np.concatenate([corners, rng.random((nuclei - 4, 2)) * (width, height)]).astype(np.float64))
