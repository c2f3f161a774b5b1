"""How far the layers of a network reach and how they shrink its maps, and layers that do not."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_SIDE = 256  # of the picture to measure with; strides up to 64 divide it
_Sliding = nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d


@dataclass(frozen=True)
class Reach:
    """One part of a network.

    Attributes:
        stride: pixels of the picture a step of the map that it ends in.
        halo: pixels to either side by which it looks farther than what it is given.
        channels: of that map.
    """

    stride: int
    halo: int
    channels: int


def measure_strides(parts: nn.Sequential) -> list[Reach]:
    """Stride and halo of each part of a network, in order; where branches run side by side, their halos are added."""
    features = _picture(parts)
    found = []
    with torch.no_grad():
        for part in parts:
            sizes = _watch(part, features)
            features = sizes.output
            halo = sum(_reach(layer) * _SIDE // before for layer, (before, _) in sizes.layers.items())
            found.append(Reach(_SIDE // features.shape[-1] if features.ndim == 4 else _SIDE, halo, features.shape[1]))
    return found


def stop_shrinking(part: nn.Sequential, stride: int, least: int) -> nn.Sequential:
    """A copy, with the same weights, whose maps stay at `least` pixels a step where they would get coarser.

    What follows a layer that no longer shrinks gets holes in its filters, so that each sees what it has seen
    before ("a trous", Holschneider et al. 1989; Yu and Koltun 2016, arXiv:1511.07122).

    Args:
        part: layers that begin with a map at `stride`.
        stride: pixels of the picture a step of that map.
        least: pixels a step of the coarsest map to be kept.
    """
    dense = copy.deepcopy(part, sharing(part))
    with torch.no_grad():
        channels = next(layer.in_channels for layer in dense.modules() if isinstance(layer, nn.Conv2d))
        device = next(dense.parameters()).device
        sizes = _watch(dense, torch.zeros(1, channels, _SIDE // stride, _SIDE // stride, device=device))
    for layer, (before, after) in sizes.layers.items():
        _keep_fine(layer, _SIDE // before, _SIDE // after, least)
    return dense


def sharing(part: nn.Module) -> dict[int, Any]:
    """For `copy.deepcopy`: the weights of a module, which the copy shall share with it."""
    return {id(weight): weight for weight in (*part.parameters(), *part.buffers())}


def _keep_fine(layer: _Sliding, before: int, after: int, least: int) -> None:
    """Let a layer work between finer maps than those of `before` and `after` pixels a step."""
    holes = max(1, before // least)
    layer.stride = max(1, min(after, least) // min(before, least))
    if holes > 1:
        layer.padding = tuple(side * holes for side in _pair(layer.padding))
        if not isinstance(layer, nn.AvgPool2d):  # which has no holes: then the sizes of the maps do not fit
            layer.dilation = tuple(side * holes for side in _pair(layer.dilation))


def _reach(layer: _Sliding) -> int:
    """Steps of its input to either side that a layer looks at."""
    dilation = 1 if isinstance(layer, nn.AvgPool2d) else max(_pair(layer.dilation))
    return -(-dilation * (max(_pair(layer.kernel_size)) - 1) // 2)


def _pair(value: Any) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _picture(parts: nn.Module) -> Tensor:
    return torch.zeros(1, 3, _SIDE, _SIDE, device=next(parts.parameters()).device)


@dataclass(frozen=True)
class _Sizes:
    """The output of a part, and the width of the maps before and after each of its layers that look around."""

    output: Tensor
    layers: dict[_Sliding, tuple[int, int]]


def _watch(part: nn.Module, features: Tensor) -> _Sizes:
    """Run a part once and write the sizes of its maps down."""
    layers: dict[_Sliding, tuple[int, int]] = {}

    def note(layer: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        layers[layer] = (inputs[0].shape[-1], output.shape[-1])

    hooks = [layer.register_forward_hook(note) for layer in part.modules() if isinstance(layer, _Sliding)]
    try:
        output = part(features)
    finally:
        for hook in hooks:
            hook.remove()
    return _Sizes(output, layers)
