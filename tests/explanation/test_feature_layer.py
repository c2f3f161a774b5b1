"""The layer for Grad-CAM is found in every family of networks, or said to be missing."""

import numpy as np
import pytest
import torch

from nucleoscope.explanation.attributions import GradCamUnavailableError, Method, attribute, grad_cam_layer
from nucleoscope.explanation.feature_layer import find_feature_layer
from nucleoscope.models.classifier import IMAGENET_MEAN, IMAGENET_STD, NucleusClassifier
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.small import SmallNet


def build(name, side):
    torch.manual_seed(0)
    if name == "SmallNet":
        network = SmallNet(4, 4)
        return NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, network.head).eval()
    return build_pretrained(name, 4, (side, side), None)[0].eval()


@pytest.mark.parametrize(
    ("name", "side", "layer"),
    [
        ("SmallNet", 100, "deep"),
        ("SmallNet", 24, "deep"),
        ("resnet18", 100, "layer4"),
        ("mobilenet_v2", 100, "features"),
        ("squeezenet1_1", 100, "features"),  # its head is a convolution: what follows shows one class, not features
        ("densenet121", 100, "features"),
        ("shufflenet_v2_x0_5", 100, "conv5"),
        # Too small for the last stage: the last whole stage with a map is taken, not a branch within the next.
        ("mobilenet_v2", 24, "features.13"),
        ("resnet18", 32, "layer3"),
    ],
)
def test_layer_is_the_last_stage_with_a_map(name, side, layer):
    model = build(name, side)
    picture = torch.rand(1, 3, side, side)
    assert find_feature_layer(model, picture) == layer
    maps = attribute(model, picture, torch.tensor([1]), Method.GRAD_CAM).maps
    assert maps.shape == (1, side, side)
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("name", ["vit_b_32", "swin_t"])
def test_tokens_and_channels_last_are_no_feature_maps(name):
    with pytest.raises(GradCamUnavailableError):
        grad_cam_layer(build(name, 64), torch.rand(1, 3, 64, 64))


def test_no_hook_is_left_behind():
    model = build("SmallNet", 32)
    find_feature_layer(model, torch.rand(1, 3, 32, 32))
    assert not any(module._forward_hooks for module in model.modules())
