"""Keeping the first layers of a pretrained backbone as they are."""

from torch import nn

from nucleoscope.training.examples import Learner


def layers_with_weights(model: Learner) -> list[nn.Module]:
    """The backbone's modules that own parameters, from the input on; the head is not among them."""
    head = set(model.head.modules())
    return [
        module
        for module in model.modules()
        if module not in head and next(module.parameters(recurse=False), None) is not None
    ]


def set_training_mode(model: Learner, frozen: float) -> None:
    """Put the model into training mode, its first `frozen` share of layers excepted.

    A frozen layer keeps its weights and, if it normalises, its statistics.
    """
    model.train()
    layers = layers_with_weights(model)
    for layer in layers[: round(frozen * len(layers))]:
        layer.eval()
        for parameter in layer.parameters(recurse=False):
            parameter.requires_grad_(False)
