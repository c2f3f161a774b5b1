"""Maps of a model that sees several scales lie over the whole picture that it sees."""

import pytest
import torch
from torch import nn

from nucleoscope.explanation.attributions import Method, attribute, grad_cam_layer
from nucleoscope.models.specification import Kind, Specification

SIDE = 64


@pytest.fixture(params=[(Kind.MODEL1, "mobilenet_v2", "trunk.deep"), (Kind.MODEL2, "mobilenet_v2", "trunk.features")])
def model_and_layer(request):
    kind, backbone, layer = request.param
    torch.manual_seed(0)
    specification = Specification(kind, 3, (2 * SIDE, 2 * SIDE), width=8, backbone=backbone, surroundings=2)
    model = specification.build(None)[0]
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    model.train()(torch.rand(8, 3, 2 * SIDE, 2 * SIDE))
    return model.eval(), layer


def test_the_layer_is_that_of_the_trunk(model_and_layer):
    model, layer = model_and_layer
    assert grad_cam_layer(model, torch.rand(1, 3, 2 * SIDE, 2 * SIDE)) == layer


@pytest.mark.parametrize("method", list(Method))
def test_maps_have_the_size_of_the_picture_and_are_those_of_the_picture_alone(model_and_layer, method):
    model, _ = model_and_layer
    pictures = torch.rand(3, 3, 2 * SIDE, 2 * SIDE)
    targets = torch.tensor([0, 1, 2])
    maps = attribute(model, pictures, targets, method).maps
    assert maps.shape == (3, 2 * SIDE, 2 * SIDE)
    for position in range(3):
        alone = attribute(model, pictures[[position]], targets[[position]], method).maps[0]
        assert abs(alone - maps[position]).max() < 1e-3 * max(abs(alone).max(), 1e-6) + 1e-5


def test_what_only_the_closest_scale_shows_lights_up_in_the_centre(model_and_layer):
    model, _ = model_and_layer
    with torch.no_grad():
        weight = model.head.weight
        weight[:, weight.shape[1] // 2 :] = 0.0  # the wider scale counts for nothing
    maps = attribute(model, torch.rand(4, 3, 2 * SIDE, 2 * SIDE), torch.tensor([0, 1, 2, 0]), Method.GRAD_CAM).maps
    around = maps.copy()
    around[:, SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2] = 0.0
    assert (around == 0.0).all()
    assert maps.max() > 0.0
