"""Maps that hang on the weights change when these are shuffled; maps that do not are found out."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from readers import SIDE, linear_bundle, small_bundle

from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.explainer import explainer
from nucleoscope.explanation.judgement import Shuffled
from nucleoscope.explanation.randomisation import cascade, layer_groups, maps_by_step, rank_correlation


def linear_model():
    """Reads ten by ten pixels, and nothing else."""
    weight = torch.zeros(2, 3, SIDE, SIDE)
    weight[1, :, 20:30, 5:15] = -1.0
    return linear_bundle(weight).model


def edges(model, pictures, targets):
    """What an edge detector makes of the crop, whatever the model."""
    return pictures.mean(dim=1).diff(dim=1, prepend=torch.zeros(len(pictures), 1, SIDE)).abs().numpy()


@pytest.fixture
def pictures():
    return torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("method", [Method.OCCLUSION, Method.INTEGRATED_GRADIENTS])
def test_maps_that_depend_on_the_weights_change(method, pictures):
    model, explain, targets = linear_model(), explainer(method, 8), torch.ones(3, dtype=torch.int64)
    maps = maps_by_step(model, explain, pictures, targets, explain(model, pictures, targets), seed=0)
    shuffled = Shuffled(maps)
    assert maps.shape == (2, 3, SIDE, SIDE)
    assert shuffled.correlation[0] == pytest.approx(1.0)
    assert abs(shuffled.correlation[-1]) < 0.25
    assert not shuffled.stays


def test_an_edge_detector_is_found_out(pictures):
    steps = []
    targets = torch.zeros(3, dtype=torch.int64)
    model, own = small_bundle().model, edges(None, pictures, targets)
    found = maps_by_step(model, edges, pictures, targets, own, seed=0, each=lambda: steps.append(1))
    shuffled = Shuffled(found)
    assert np.allclose(shuffled.correlation, 1.0)
    assert shuffled.stays
    assert len(steps) == len(found) - 1 == 5
    assert shuffled.to_mapping()["stays"] is True


def test_layers_go_from_the_head_down_and_none_is_left_out():
    model = small_bundle().model
    groups = layer_groups(model, 5)
    assert groups[0] == [model.head]
    assert groups[-1][-1] is model.network.stem[0]
    layers = [layer for group in groups for layer in group]
    assert len(layers) == len(set(layers)) == sum(1 for m in model.modules() if list(m.parameters(recurse=False)))
    assert max(map(len, groups[1:])) - min(map(len, groups[1:])) <= 1


def test_more_steps_than_layers():
    assert [len(group) for group in layer_groups(linear_model(), 5)] == [1]


def test_cascade_shuffles_a_copy():
    model = small_bundle().model
    before = {name: weights.clone() for name, weights in model.named_parameters()}
    changed = []
    for network in cascade(model, seed=0):
        after = dict(network.named_parameters())
        changed.append({name for name in before if not torch.equal(before[name], after[name])})
        for name, weights in before.items():
            assert torch.equal(weights.flatten().sort().values, after[name].flatten().sort().values)
    assert changed[0] == {"network.head.weight", "network.head.bias"}
    assert all(fewer < more for fewer, more in pairwise(changed))
    assert {name for name, weights in before.items() if weights.unique().numel() > 1} == changed[-1]
    assert all(torch.equal(before[name], weights) for name, weights in model.named_parameters())


def test_rank_correlation():
    maps = np.random.default_rng(0).standard_normal((1, 30, 30)).astype(np.float32)
    assert rank_correlation(maps, np.exp(maps), signed=True) == pytest.approx(1.0)
    assert rank_correlation(maps, -maps, signed=True) == pytest.approx(-1.0)
    assert rank_correlation(maps, -maps) == pytest.approx(1.0)
    assert rank_correlation(maps, np.zeros_like(maps)).tolist() == [0.0]


def test_empty_maps_are_counted():
    maps = np.random.default_rng(0).standard_normal((3, 2, 8, 8)).astype(np.float32)
    maps[-1, 1] = 0.0
    assert Shuffled(maps).empty == 1
