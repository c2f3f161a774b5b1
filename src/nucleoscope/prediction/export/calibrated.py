"""`Calibrated`: a classifier with all that its bundle adds, as one network that TorchScript and ONNX can hold."""

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import GoogLeNet, Inception3

from nucleoscope.data.centre import centre_start
from nucleoscope.files import replacing
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.classifier import NucleusClassifier, central_window
from nucleoscope.models.strided_depthwise import restore_strided_depthwise


class FromPlanes(nn.Module):
    """The classifier behind float pictures (B, 3, H, W), as `torchvision`'s ToTensor makes them.

    Args:
        model: the classifier.
        size: height and width of the crops; pictures of another size are resampled.
        crop_size: of crops by themselves, where the model sees more; they are put into their mean colour.
        normalised: whether the caller has subtracted the mean and divided by the standard deviation already;
            otherwise pictures are in 0..1.
    """

    factor: Tensor
    term: Tensor

    def __init__(
        self, model: NucleusClassifier, size: tuple[int, int], crop_size: tuple[int, int], *, normalised: bool
    ) -> None:
        super().__init__()
        self.network = copy.deepcopy(model.network)
        restore_strided_depthwise(self.network)
        self.height, self.width = size if model.input_size is None else (model.input_size, model.input_size)
        self.least_height, self.least_width = crop_size
        self.top, self.left = centre_start(size[0], crop_size[0]), centre_start(size[1], crop_size[1])
        self.sees_more = size != crop_size
        # On the CPU and kept as buffers: a tensor that is made while it computes would remember its device.
        window = central_window(model.mean.new_zeros(1, 3, self.height, self.width), model.surround)  # (H, W)
        std, mean = model.std[0], model.mean[0]  # (3, 1, 1)
        self.register_buffer("factor", window.expand(3, -1, -1).clone() if normalised else window / std)  # (3, H, W)
        self.register_buffer("term", torch.zeros(3, 1, 1) if normalised else -window * mean / std)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (B, C)."""
        alone = pictures.shape[2] == self.least_height and pictures.shape[3] == self.least_width
        if self.sees_more and alone:
            pictures = self.in_unknown(pictures)
        elif pictures.shape[2] != self.height or pictures.shape[3] != self.width:
            pictures = functional.interpolate(
                pictures, size=(self.height, self.width), mode="bilinear", antialias=False
            )
        logits: Tensor = self.network(pictures * self.factor + self.term)
        return logits

    def in_unknown(self, crops: Tensor) -> Tensor:
        """Crops (B, 3, h, w) in the centre of pictures (B, 3, H, W) that have their mean colour elsewhere."""
        pictures = crops.mean(dim=(2, 3), keepdim=True).repeat(1, 1, self.height, self.width)
        bottom, right = self.top + self.least_height, self.left + self.least_width
        pictures[:, :, self.top : bottom, self.left : right] = crops
        return pictures


class Calibrated(nn.Module):
    """Logits whose softmax are the bundle's probabilities: the mean over views, adjusted, through the temperature.

    Args:
        classifier: maps pictures to logits (B, C).
        config: of the bundle.
        axes: of height and width of the pictures that the classifier takes.
    """

    adjustment: Tensor

    def __init__(self, classifier: nn.Module, config: BundleConfig, axes: tuple[int, int]) -> None:
        super().__init__()
        self.classifier = classifier
        self.all_views = config.views > 1
        self.square = config.specification.size[0] == config.specification.size[1]
        self.vertical, self.horizontal = axes
        self.temperature = config.temperature
        adjustment = torch.zeros(len(config.classes)) if config.adjustment is None else torch.tensor(config.adjustment)
        self.register_buffer("adjustment", adjustment.float())

    def forward(self, pictures: Tensor) -> Tensor:
        """Calibrated logits (B, C)."""
        logits = self.flipped(pictures)
        if self.all_views and self.square:  # the views of `prediction.views`
            logits = (logits + self.flipped(pictures.transpose(self.vertical, self.horizontal))) / 2.0
        return (logits + self.adjustment) / self.temperature

    def flipped(self, pictures: Tensor) -> Tensor:
        """The mean of the logits (B, C) over the flips, or those of the pictures as they are."""
        logits: Tensor = self.classifier(pictures)
        if self.all_views:
            logits = logits + self.classifier(pictures.flip([self.vertical]))
            logits = logits + self.classifier(pictures.flip([self.horizontal]))
            logits = (logits + self.classifier(pictures.flip([self.vertical, self.horizontal]))) / 4.0
        return logits


def write_torchscript(bundle: Bundle, path: Path, *, normalised: bool) -> None:
    """Write the calibrated classifier as TorchScript, for any number of pictures a batch and any device.

    Args:
        bundle: its model on the CPU.
        path: of the file.
        normalised: see `FromPlanes`.
    """
    size = bundle.config.specification.size
    front = FromPlanes(bundle.model, size, bundle.config.specification.crop_size, normalised=normalised)
    network = Calibrated(front, bundle.config, axes=(2, 3)).eval()
    with replacing(path) as temporary, torch.inference_mode(), _without_warnings():
        if any(isinstance(module, GoogLeNet | Inception3) for module in bundle.model.network.modules()):
            # Scripted, these two return more than logits. What tracing gets wrong elsewhere, they do not have.
            script = torch.jit.trace(network, torch.zeros(2, 3, *size))  # type: ignore[no-untyped-call]  # torch has no types for it
        else:
            script = torch.jit.script(network)
        torch.jit.save(script, str(temporary))


def open_torchscript(path: Path) -> torch.jit.ScriptModule:
    """What `write_torchscript` wrote, on the CPU."""
    with _without_warnings():
        loaded: torch.jit.ScriptModule = torch.jit.load(str(path), map_location="cpu")  # type: ignore[no-untyped-call]
        return loaded


def torchscript_logits(model: torch.jit.ScriptModule, batches: Iterator[Tensor]) -> NDArray[np.float32]:
    """Logits (N, C) of batches of pictures (B, 3, H, W)."""
    with torch.inference_mode():
        return np.concatenate([model(batch).numpy() for batch in batches])


@contextmanager
def _without_warnings() -> Iterator[None]:
    """QuPath and MONAI read TorchScript; that torch has a successor for it is nothing that a user can act on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=FutureWarning)
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        yield
