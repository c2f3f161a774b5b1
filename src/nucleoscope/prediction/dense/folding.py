"""Batch norm folded into the convolution before it: a pass less over every map, and the maps of a field are large."""

import copy
import itertools
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Part = TypeVar("Part", bound=nn.Module)


def fold_batch_norm(part: Part) -> Part:
    """A copy in which convolution and batch norm that follow each other in a sequence are one convolution.

    Args:
        part: in evaluation mode.

    Returns:
        A module that computes the same, up to rounding.
    """
    folded = copy.deepcopy(part)
    for sequence in folded.modules():
        if isinstance(sequence, nn.Sequential):
            names = list(sequence._modules)
            for name, following in itertools.pairwise(names):
                first, second = sequence.get_submodule(name), sequence.get_submodule(following)
                if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                    sequence.set_submodule(name, fuse_conv_bn_eval(first, second))
                    sequence.set_submodule(following, nn.Identity())
    return folded
