"""Do maps depend on what the network has learned? Its weights are shuffled, layer by layer from the head down.

The cascading parameter randomisation of Adebayo et al. 2018 (arXiv:1810.03292). A map that stays as it was, although
nothing of what the network learned is left, shows the picture and not the network.
"""

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor, nn

from nucleoscope.explanation.explainer import Explainer
from nucleoscope.models.classifier import NucleusClassifier

GROUPS = 5  # of layers; a step each, the head by itself


def cascade(model: NucleusClassifier, seed: int, groups: int = GROUPS) -> Iterator[NucleusClassifier]:
    """One copy of the model, yielded after each step: in ever more of its layers all weights are shuffled.

    Shuffling keeps the values of a tensor and takes the pattern that was learned. Layers are taken from the output to
    the input, in the reverse order of their definition, the head first and by itself.

    Args:
        model: stays as it is.
        seed: of the order of the weights.
        groups: how many steps at most; a network of fewer layers has one for each.
    """
    changed = copy.deepcopy(model).eval()
    generator = torch.Generator().manual_seed(seed)
    for layers in layer_groups(changed, groups):
        for layer in layers:
            _shuffle(layer, generator)
        yield changed


def layer_groups(model: NucleusClassifier, groups: int) -> list[list[nn.Module]]:
    """The layers with weights from the output to the input, in so many groups of about equal length, the head alone."""
    layers = [module for module in model.network.modules() if list(module.parameters(recurse=False))]
    below = [layer for layer in reversed(layers) if layer is not model.head]
    cuts = np.linspace(0, len(below), min(groups - 1, len(below)) + 1).round().astype(int)
    return [[model.head], *(below[start:end] for start, end in pairwise(cuts))]


@torch.no_grad()
def _shuffle(layer: nn.Module, generator: torch.Generator) -> None:
    for weights in layer.parameters(recurse=False):
        flat = weights.flatten().cpu()
        weights.copy_(flat[torch.randperm(len(flat), generator=generator)].view_as(weights))


def maps_by_step(
    model: NucleusClassifier,
    explain: Explainer,
    pictures: Tensor,
    targets: Tensor,
    own: NDArray[np.float32],
    *,
    seed: int,
    groups: int = GROUPS,
    each: Callable[[], None] | None = None,
) -> NDArray[np.float32]:
    """Maps of the model and then of its copies with ever more shuffled layers.

    Args:
        model: the classifier; stays as it is.
        explain: makes the maps.
        pictures: (B, 3, H, W), float in 0..1, where the model is.
        targets: (B,) classes whose logits are explained.
        own: (B, H, W) what `explain` makes of the model itself.
        seed: of the order of the weights.
        groups: steps of the cascade at most.
        each: called after each step.

    Returns:
        (steps + 1, B, H, W).
    """
    maps = [own]
    for network in cascade(model, seed, groups):
        maps.append(explain(network, pictures, targets))
        if each:
            each()
    return np.stack(maps)


def rank_correlation(
    ones: NDArray[np.float32], others: NDArray[np.float32], *, signed: bool = False
) -> NDArray[np.float64]:
    """Spearman's rank correlation of maps (B, H, W) with others, pair by pair, (B,).

    Of the absolute values, unless `signed`: a network whose signs are turned shows the same shapes. It is 0 where a
    map is constant: that says nothing, and so nothing of the other map.
    """
    if not signed:
        ones, others = np.abs(ones), np.abs(others)
    return np.array([_spearman(one, other) for one, other in zip(ones, others, strict=True)])


def _spearman(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    first, second = (rankdata(values) - (values.size + 1) / 2 for values in (one.ravel(), other.ravel()))
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / spread if spread > 0 else 0.0
