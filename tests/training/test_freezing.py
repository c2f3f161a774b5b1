import torch
from torch import nn

from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.training.freezing import layers_with_weights, set_training_mode


def test_nothing_is_frozen_by_default():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    set_training_mode(model, 0.0)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_frozen_layers_keep_weights_and_statistics_and_the_head_never_freezes():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    set_training_mode(model, 1.0)
    assert {id(p) for p in model.parameters() if p.requires_grad} == {id(p) for p in model.head.parameters()}
    norm = next(module for module in model.modules() if isinstance(module, nn.BatchNorm2d))
    before = norm.running_mean.clone()
    model(torch.rand(2, 3, 64, 64))
    assert torch.equal(norm.running_mean, before)


def test_a_half_frozen_network_is_frozen_from_the_input_on():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    set_training_mode(model, 0.5)
    frozen = [not next(layer.parameters(recurse=False)).requires_grad for layer in layers_with_weights(model)]
    assert frozen == sorted(frozen, reverse=True)
    assert abs(sum(frozen) / len(frozen) - 0.5) < 0.02
