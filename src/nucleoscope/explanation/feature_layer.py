"""Find the layer whose feature maps Grad-CAM needs, in SmallNet and in any network of torchvision."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.scales import ScalesNetwork


@dataclass(frozen=True)
class _Call:
    """One module that was run: its dotted name, itself, and the shape of its output."""

    name: str
    module: nn.Module
    shape: tuple[int, ...]


def find_feature_layer(model: NucleusClassifier, picture: Tensor) -> str | None:
    """The last convolutional stage before the head whose output still is a map.

    Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) weighs the feature maps of the last convolutional layer.
    Here that is the last module in one picture's way through the network that

    - holds a convolution, is run once, and is a stage of the chain rather than one of parallel branches;
    - has an output (1, channels, height, width) with more than one pixel a side, in the input's proportions: the
      channels-last outputs of Swin are none;
    - comes late: at least half of the layers with weights lie before it. The patch embedding of a vision
      transformer, its only convolution, does not.

    Args:
        model: the classifier.
        picture: (1, 3, H, W), float in 0..1, where the model is.

    Returns:
        The module's name in `model.network`, or None if there is none.
    """
    calls, entered = _run(model, picture)
    times = Counter(call.name for call in calls)
    weighted = [next(call.module.parameters(recurse=False), None) is not None for call in calls]
    for number in range(len(calls) - 1, -1, -1):
        call = calls[number]
        if sum(weighted[: number + 1]) < sum(weighted) / 2:
            return None
        if times[call.name] == 1 and _is_map(call.shape, entered) and _is_stage(model.network, call):
            return call.name
    return None


def _run(model: NucleusClassifier, picture: Tensor) -> tuple[list[_Call], tuple[int, int]]:
    """The modules in the order in which they end, up to the head, and height and width that enter the network."""
    calls: list[_Call] = []
    with _watched(model, calls), torch.no_grad():
        model(picture)
    end = next(number for number, call in enumerate(calls) if call.module is model.head)
    height, width = picture.shape[-2:] if model.input_size is None else (model.input_size, model.input_size)
    return calls[:end], (height, width)


@contextmanager
def _watched(model: NucleusClassifier, calls: list[_Call]) -> Iterator[None]:
    """Note every module of the network when it ends; the network as a whole excepted."""

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            shape = tuple(output.shape) if isinstance(output, Tensor) else ()
            calls.append(_Call(name, module, shape))

        return module.register_forward_hook(note)

    handles = [watch(name, module) for name, module in model.network.named_modules() if name]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _is_map(shape: tuple[int, ...], entered: tuple[int, int]) -> bool:
    """Whether an output is (B, C, H, W) with sides above 1 in the proportions of the picture, within a pixel."""
    if len(shape) != 4 or min(shape[2:]) < 2:
        return False
    height, width = shape[2:]
    return abs(height * entered[1] / entered[0] - width) <= 1


def _is_stage(network: nn.Module, call: _Call) -> bool:
    """Whether a module holds a convolution and lies in chains only, so that all features pass through it."""
    if not any(isinstance(module, nn.Conv2d) for module in call.module.modules()):
        return False
    parts = call.name.split(".")[:-1]
    outermost = 1 if isinstance(network, ScalesNetwork) else 0  # its trunk sees all scales, whatever it is made of
    parents = (network.get_submodule(".".join(parts[: depth + 1])) for depth in range(outermost, len(parts)))
    return all(isinstance(parent, nn.Sequential | nn.ModuleList) for parent in parents)
