"""Maps are where the evidence is, and add up to what they promise."""

import numpy as np
import pytest
import torch
from torch import nn

from nucleoscope.explanation.attributions import (
    GradCamUnavailableError,
    Method,
    attribute,
    occlusion_window,
)
from nucleoscope.models.classifier import IMAGENET_MEAN, IMAGENET_STD, NucleusClassifier
from nucleoscope.models.small import SmallNet

SIDE = 40


@pytest.fixture
def patch_model():
    """Class 1 is the darkness of the first channel in rows 20-29, columns 5-14; class 0 is always 0."""
    linear = nn.Linear(3 * SIDE * SIDE, 2)
    weight = torch.zeros(2, 3, SIDE, SIDE)
    weight[1, 0, 20:30, 5:15] = -1.0
    with torch.no_grad():
        linear.weight.copy_(weight.flatten(1))
        linear.bias.zero_()
    return NucleusClassifier(nn.Sequential(nn.Flatten(), linear), (0, 0, 0), (1, 1, 1), None, linear)


@pytest.fixture
def small_model():
    torch.manual_seed(0)
    network = SmallNet(3, 8)
    return NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, network.head).eval()


@pytest.fixture
def pictures():
    return torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def targets(*classes):
    return torch.tensor(classes)


@pytest.mark.parametrize("method", [Method.OCCLUSION, Method.INTEGRATED_GRADIENTS])
def test_evidence_is_found_where_it_is(patch_model, pictures, method):
    maps = attribute(patch_model, pictures, targets(1, 1, 0), method).maps
    (window, _), _ = occlusion_window(SIDE, SIDE)
    near = np.zeros((SIDE, SIDE), dtype=bool)
    near[20 - window : 30 + window, max(0, 5 - window) : 15 + window] = True
    assert maps.shape == (3, SIDE, SIDE)
    assert maps.dtype == np.float32
    assert np.allclose(maps[:2][:, ~near], 0, atol=1e-4)  # processors round sums differently
    assert (maps[:2, 22:28, 7:13].mean(axis=(1, 2)) > 0.1).all()
    assert np.abs(maps[2]).max() == 0  # class 0 hangs on nothing


def test_integrated_gradients_of_a_linear_model_are_exact(patch_model, pictures):
    found = attribute(patch_model, pictures, targets(1, 1, 1), Method.INTEGRATED_GRADIENTS)
    expected = np.zeros((3, SIDE, SIDE))
    expected[:, 20:30, 5:15] = 1 - pictures[:, 0, 20:30, 5:15].numpy()
    assert np.allclose(found.maps, expected, atol=1e-5)
    assert np.abs(found.convergence_delta).max() < 1e-3


def test_occlusion_says_by_how_much_the_logit_falls(patch_model):
    # A dark patch exactly as large as the window: where only that window covers it, the fall is its darkness.
    dark = torch.ones(1, 3, SIDE, SIDE)
    dark[:, 0, 20:30, 5:15] = 0.0
    found = attribute(patch_model, dark, targets(1), Method.OCCLUSION).maps[0]
    (height, width), _ = occlusion_window(SIDE, SIDE)
    assert found.max() == pytest.approx(height * width)


def test_integrated_gradients_add_up_to_the_change_of_the_logit(small_model, pictures):
    found = attribute(small_model, pictures, targets(0, 1, 2), Method.INTEGRATED_GRADIENTS)
    with torch.no_grad():
        change = (small_model(pictures) - small_model(torch.ones_like(pictures))).diagonal().numpy()
    assert np.allclose(found.maps.sum(axis=(1, 2)) - found.convergence_delta, change, atol=1e-4)
    assert np.abs(found.convergence_delta).max() < 0.05 * np.abs(change).max()


def test_white_crop_explains_nothing(small_model):
    white = torch.ones(1, 3, SIDE, SIDE)
    for method in (Method.OCCLUSION, Method.INTEGRATED_GRADIENTS):
        assert np.abs(attribute(small_model, white, targets(0), method).maps).max() < 1e-6


def test_grad_cam_is_never_negative_and_has_the_size_of_the_crop(small_model):
    found = attribute(small_model, torch.rand(2, 3, 40, 60), targets(0, 1), Method.GRAD_CAM).maps
    assert found.shape == (2, 40, 60)
    assert found.min() >= 0


@pytest.mark.parametrize("method", list(Method))
def test_frozen_weights_and_gradient_free_mode_do_not_matter(small_model, pictures, method):
    free = attribute(small_model, pictures, targets(0, 1, 2), method).maps
    small_model.requires_grad_(requires_grad=False)
    with torch.no_grad():
        frozen = attribute(small_model, pictures, targets(0, 1, 2), method).maps
    assert np.allclose(free, frozen, atol=1e-6)


@pytest.mark.parametrize("method", list(Method))
def test_overwriting_layers_change_nothing_and_stay_as_they_were(pictures, method):
    def build(*, inplace):
        torch.manual_seed(0)
        head = nn.Linear(8, 3)
        body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(inplace=inplace))
        network = nn.Sequential(body, nn.ReLU(inplace=inplace), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
        return NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, head)

    overwriting = build(inplace=True)
    maps = attribute(overwriting, pictures, targets(0, 1, 2), method).maps
    assert np.array_equal(maps, attribute(build(inplace=False), pictures, targets(0, 1, 2), method).maps)
    assert overwriting.network[1].inplace
    assert not overwriting.training


def test_computes_in_full_precision_inside_autocast(small_model, pictures):
    outside = attribute(small_model, pictures, targets(0, 1, 2), Method.INTEGRATED_GRADIENTS).maps
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = attribute(small_model, pictures, targets(0, 1, 2), Method.INTEGRATED_GRADIENTS).maps
    assert np.array_equal(outside, inside)


def test_grad_cam_says_why_it_is_not_available(patch_model, pictures):
    with pytest.raises(GradCamUnavailableError) as failure:
        attribute(patch_model, pictures, targets(0, 0, 0), Method.GRAD_CAM)
    assert str(failure.value) == (
        "Sequential has no late convolutional layer with an output (channels, height, width) that Grad-CAM could "
        "weigh, as is usual for transformers: use occlusion or integrated gradients"
    )


def test_occlusion_window_grows_with_the_crop():
    assert occlusion_window(100, 100) == ((15, 15), (8, 8))
    assert occlusion_window(24, 24) == ((4, 4), (2, 2))
    assert occlusion_window(100, 60) == ((15, 9), (8, 5))
