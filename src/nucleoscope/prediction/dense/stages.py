"""`Stages`: a network cut in three, the first two of which can run on pictures of any size."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.strided_depthwise import StridedDepthwise
from nucleoscope.prediction.dense.strides import Reach, measure_strides, sharing, stop_shrinking

EARLY_STRIDE = 4
"""Pixels a step of the map up to which the early stage goes: its maps are the large ones, its halo is small."""

DENSE_STRIDE = 8
"""Pixels a step of the maps over the field: finer than `WINDOW_STRIDE`, for a nucleus lies anywhere."""

WINDOW_STRIDE = 32
"""Pixels a step of a nucleus's window of these maps, as in the map of a crop."""

_SEQUENCES = ("features", "layers", "trunk_output")
_LAST = ("avgpool", "classifier", "dropout", "fc", "head", "heads", "pool")
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Stages:
    """A network in parts, in evaluation mode; all share its weights.

    Attributes:
        early: pictures -> a map at `EARLY_STRIDE`.
        late: that map -> maps at `DENSE_STRIDE`, one part of the network after another, with holes in its filters where
            it would have shrunk them.
        taps: the parts of `late`, by position, whose maps are looked at: the last of each width.
        trunk: pictures -> the map at `WINDOW_STRIDE`, as the network computes it of a crop.
        tail: that map -> logits.
        early_halo: pixels around a piece of the field that its early map depends on.
        late_halo: pixels around it that the late stage depends on beyond these.
        channels: of all maps that are looked at.
    """

    early: nn.Module
    late: nn.Sequential
    taps: tuple[int, ...]
    trunk: nn.Module
    tail: nn.Module
    early_halo: int
    late_halo: int
    channels: int


def cut_network(model: NucleusClassifier, size: tuple[int, int]) -> Stages:
    """Cut the network of a classifier in three.

    Args:
        model: of model2; it is left as it is.
        size: height and width of its crops, in pixels.

    Raises:
        ConfigError: the network cannot be cut; the crop engine must be used.
    """
    name = type(model.network).__name__
    if model.input_size is not None:
        raise _refused(name, f"resamples crops to {model.input_size}x{model.input_size} pixels")
    model.eval()
    for layer in model.network.modules():
        if isinstance(layer, nn.Conv2d) and type(layer) not in (nn.Conv2d, StridedDepthwise):
            raise _refused(name, f"has convolutions that pad by themselves ({type(layer).__name__})")
    parts = _sequence(model.network)
    reaches = measure_strides(nn.Sequential(*(part for _, part in parts)))
    strides = [reach.stride for reach in reaches]
    if not {EARLY_STRIDE, WINDOW_STRIDE} <= set(strides) or strides != sorted(strides):
        raise _refused(name, f"has no maps at {EARLY_STRIDE} and at {WINDOW_STRIDE} pixels a step, one after the other")
    until_early, until_trunk = (
        strides.index(EARLY_STRIDE) + strides.count(EARLY_STRIDE),
        strides.index(WINDOW_STRIDE) + 1,
    )
    modules = [module for _, module in parts[:until_trunk]]
    if any(isinstance(inner, nn.AdaptiveAvgPool2d) for module in modules for inner in module.modules()):
        raise _refused(name, "averages over the whole picture in its early layers")
    taps = _last_of_each_width(reaches[until_early:until_trunk])
    stages = Stages(
        early=nn.Sequential(*modules[:until_early]),
        late=stop_shrinking(nn.Sequential(*modules[until_early:]), EARLY_STRIDE, DENSE_STRIDE),
        taps=taps,
        trunk=nn.Sequential(*modules),
        tail=_without(model.network, [path for path, _ in parts[:until_trunk]]),
        early_halo=sum(reach.halo for reach in reaches[:until_early]),
        late_halo=sum(reach.halo for reach in reaches[until_early:until_trunk]),
        channels=sum(reaches[until_early + tap].channels for tap in taps),
    )
    _check(stages, model, size, name)
    return stages


def _refused(name: str, why: str) -> ConfigError:
    return ConfigError(f"the dense engine cannot run {name}: it {why}; use the crop engine")


def _sequence(network: nn.Module) -> list[tuple[str, nn.Module]]:
    """Paths and modules that the network runs one after another, as far as its names tell; `_check` finds out."""
    found: list[tuple[str, nn.Module]] = []
    for name, child in network.named_children():
        if name in _LAST:
            continue
        if name in _SEQUENCES or type(child) is nn.Sequential:
            found += [(f"{name}.{inner}", module) for inner, module in child.named_children()]
        else:
            found.append((name, child))
    return found


def _last_of_each_width(reaches: list[Reach]) -> tuple[int, ...]:
    widths = [reach.channels for reach in reaches]
    return tuple(i for i, width in enumerate(widths) if i + 1 == len(widths) or widths[i + 1] != width)


def _without(network: nn.Module, paths: list[str]) -> nn.Module:
    """The network with nothing in these places; the other weights are shared with it."""
    rest = copy.deepcopy(network, sharing(network))
    for path in paths:
        rest.set_submodule(path, nn.Identity())
    return rest


@torch.no_grad()
def _check(stages: Stages, model: NucleusClassifier, size: tuple[int, int], name: str) -> None:
    """Refuse a network that does not run its parts one after another, or whose maps do not fit each other."""
    weight = next(model.parameters())
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0)).to(weight.device)
    prepared = model.prepare(pictures)
    try:
        found: Tensor = stages.tail(stages.trunk(prepared))
    except RuntimeError as failure:
        raise _refused(name, "does not run its layers one after another") from failure
    expected: Tensor = model.network(prepared)
    if not torch.allclose(found, expected, rtol=_TOLERANCE, atol=_TOLERANCE):
        raise _refused(name, "does not run its layers one after another")
    side = 4 * WINDOW_STRIDE
    early = stages.early(pictures.new_zeros(1, 3, side, side))
    try:
        late = stages.late(early)
    except RuntimeError as failure:
        raise _refused(name, f"has branches whose maps no longer fit each other at {DENSE_STRIDE} pixels") from failure
    for features, stride in ((early, EARLY_STRIDE), (late, DENSE_STRIDE)):
        if features.shape[-2:] != (side // stride, side // stride):
            raise _refused(name, f"has maps of {features.shape[-1]} steps for {side} pixels at a stride of {stride}")
