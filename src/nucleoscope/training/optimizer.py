"""Parameter groups, learning-rate schedule and the freezing of early layers."""

import math

import torch
from torch import nn

from nucleoscope.config import Training
from nucleoscope.models.classifier import NucleusClassifier

_WARMUP = 0.25  # of all steps


def build_optimizer(model: NucleusClassifier, settings: Training) -> torch.optim.Optimizer:
    """AdamW with two rates (backbone, head) and no decay on biases and normalisation."""
    head = {id(parameter) for parameter in model.head.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            share = 1.0 if id(parameter) in head else settings.backbone_rate
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((share, decay), []).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": parameters, "weight_decay": decay, "share": share, "lr": 0.0}
            for (share, decay), parameters in groups.items()
        ],
        fused=True,
    )


def one_cycle(progress: float) -> float:
    """The rate at this point of a fit, 0..1, as a share of its peak: up in a quarter, then down along a cosine to 0.

    Smith and Topin 2018 (arXiv:1708.07120).
    """
    if progress < _WARMUP:
        return 0.04 + 0.96 * progress / _WARMUP
    return 0.5 + 0.5 * math.cos(math.pi * (progress - _WARMUP) / (1.0 - _WARMUP))


def set_rate(optimizer: torch.optim.Optimizer, settings: Training, progress: float) -> float:
    """Set the rate for this point of the fit, 0..1, by `one_cycle`. Returns the rate of the head."""
    factor = one_cycle(progress)
    for group in optimizer.param_groups:
        group["lr"] = settings.learning_rate * factor * group["share"]
    return settings.learning_rate * factor
