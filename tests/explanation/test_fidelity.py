"""Infidelity is 0 for a map that foretells all and 1 for one that foretells nothing; sensitivity sees changes."""

import numpy as np
import pytest
import torch
from readers import SIDE, linear_bundle

from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.explainer import explainer
from nucleoscope.explanation.fidelity import NOISE, random_squares, relative_infidelity, sensitivity

TARGETS = torch.ones(3, dtype=torch.int64)


@pytest.fixture(scope="module")
def model():
    """A linear model."""
    return linear_bundle().model


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(3, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def test_infidelity(model, pictures):
    exact = explainer(Method.INTEGRATED_GRADIENTS, 8)(model, pictures, TARGETS)
    random = np.random.default_rng(0).standard_normal(exact.shape).astype(np.float32)
    maps = {"exact": exact, "scaled": 7 * exact, "turned": -exact, "zero": np.zeros_like(exact), "random": random}
    found = relative_infidelity(model, pictures, TARGETS, maps, seed=0)
    for name in ("exact", "scaled", "turned"):
        assert found[name] == pytest.approx(0.0, abs=1e-4)
    assert found["zero"] == pytest.approx(1.0)
    assert (found["random"] > 0.5).all()


def test_infidelity_of_a_model_that_reads_nothing(pictures):
    blind = linear_bundle(torch.zeros(2, 3, SIDE, SIDE)).model
    maps = {"a": np.ones((3, SIDE, SIDE), np.float32)}
    found = relative_infidelity(blind, pictures, TARGETS, maps, seed=0)
    assert np.isnan(found["a"]).all()


@pytest.mark.parametrize("size", [(24, 24), (60, 100)])
def test_squares_lie_inside_and_have_their_sides(size):
    squares = random_squares(torch.zeros(200, 3, *size), torch.Generator().manual_seed(0))
    assert squares.shape == (200, 3, *size)
    side = squares[:, 0].amax(dim=1).sum(dim=1)
    assert torch.equal(squares[:, 0].amax(dim=2).sum(dim=1), side)
    assert torch.equal(squares[:, 0].sum(dim=(1, 2)), side**2)
    assert (side.min(), side.max()) == (round(0.1 * min(size)), round(0.4 * min(size)))
    assert squares.amax(dim=0).mean() > 0.8  # the corners are rarely met


def test_sensitivity(model, pictures):
    generator = np.random.default_rng(0)

    def fixed(network, some, targets):
        return np.ones((len(some), SIDE, SIDE), np.float32)

    def noise(network, some, targets):
        return generator.standard_normal((len(some), SIDE, SIDE)).astype(np.float32)

    gradients = explainer(Method.INTEGRATED_GRADIENTS, 8)
    assert sensitivity(model, pictures, TARGETS, fixed, seed=0).tolist() == [0.0] * 3
    assert sensitivity(model, pictures, TARGETS, noise, seed=0) == pytest.approx(2**0.5, abs=0.1)
    assert (sensitivity(model, pictures, TARGETS, gradients, seed=0) < 3 * NOISE).all()


def test_sensitivity_explains_each_crop_for_its_own_class(model, pictures):
    seen = []

    def keep(network, some, targets):
        seen.append(targets.tolist())
        return np.ones((len(some), SIDE, SIDE), np.float32)

    sensitivity(model, pictures, torch.tensor([0, 1, 0]), keep, seed=0)
    assert set(map(tuple, seen)) == {(0, 1, 0)}
