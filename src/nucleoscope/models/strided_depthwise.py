"""Strided depthwise convolutions that train fast on a CPU.

oneDNN has no bfloat16 kernel for the backward pass of a depthwise convolution with a stride: on a processor with
bfloat16 units it takes 5 to 30 times as long as in float32, more than the rest of mobilenet_v2 together. These
layers are therefore computed in float32 while training on a CPU; see docs/benchmarks.md.
"""

import torch
from torch import Tensor, nn


class StridedDepthwise(nn.Conv2d):
    """A convolution that steps out of CPU autocast when gradients are wanted; weights and results are the same."""

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) -> (B, C, H', W') of the same type."""
        if torch.is_grad_enabled() and features.device.type == "cpu" and features.dtype == torch.bfloat16:
            with torch.autocast("cpu", enabled=False):
                return super().forward(features.float()).to(features.dtype)
        return super().forward(features)


_KINDS: dict[type[nn.Conv2d], type[nn.Conv2d]] = {nn.Conv2d: StridedDepthwise}


def replace_strided_depthwise(network: nn.Module) -> None:
    """Give every strided depthwise convolution of a network that forward pass; names and weights stay.

    Convolutions that pad by themselves, as timm's of TensorFlow's networks, keep doing it.
    """
    for module in network.modules():
        if isinstance(module, StridedDepthwise) or not isinstance(module, nn.Conv2d):
            continue
        if module.groups == module.in_channels > 1 and max(module.stride) > 1:
            module.__class__ = _strided(type(module))


def restore_strided_depthwise(network: nn.Module) -> None:
    """Make them plain convolutions again, for TorchScript, which has no `super`; a network that only predicts."""
    plain = {strided: kind for kind, strided in _KINDS.items()}
    strided: list[nn.Module] = [module for module in network.modules() if isinstance(module, StridedDepthwise)]
    for module in strided:
        module.__class__ = plain[type(module)]  # type: ignore[index]  # all of them are kinds of convolutions


def _strided(kind: type[nn.Conv2d]) -> type[nn.Conv2d]:
    """The kind of convolution with that forward pass around its own."""
    if kind not in _KINDS:
        _KINDS[kind] = type(f"Strided{kind.__name__}", (StridedDepthwise, kind), {})
    return _KINDS[kind]
