"""Holes are filled from what is around them, and from nothing else."""

import pytest
import torch

from nucleoscope.explanation.erasing import erase_centre, keep_centre
from nucleoscope.explanation.fill import fill

SIZES = [(24, 24), (41, 64), (100, 100)]


def random_pictures(height, width, count=2):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("change", [erase_centre, keep_centre])
@pytest.mark.parametrize("radius", [0.05, 0.25, 0.5])
def test_constant_stays_constant(size, change, radius):
    pictures = torch.full((1, 3, *size), 0.3)
    assert torch.allclose(change(pictures, radius), pictures, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_in_the_hole_does_not_matter_and_the_rest_stays(size):
    known = torch.rand(size, generator=torch.Generator().manual_seed(1)) > 0.7
    pictures = random_pictures(*size)
    filled = fill(pictures, known)
    for anything in (0.0, 1e6, float("nan")):
        assert torch.equal(fill(torch.where(known, pictures, anything), known), filled)
    assert torch.equal(filled[..., known], pictures[..., known])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(3))
def test_values_stay_within_those_that_are_known(size, seed):
    known = torch.zeros(size, dtype=torch.bool)
    known.view(-1)[torch.randperm(known.numel(), generator=torch.Generator().manual_seed(seed))[: 3 + 20 * seed]] = True
    pictures = random_pictures(*size)
    filled = fill(pictures, known)
    assert not filled.isnan().any()
    for channel in range(3):
        inside = pictures[0, channel][known]
        assert inside.min() - 1e-6 <= filled[0, channel].min()
        assert filled[0, channel].max() <= inside.max() + 1e-6


def test_a_slope_goes_on_through_the_hole_without_a_seam():
    slope = torch.linspace(0.0, 1.0, 100).expand(1, 3, 100, 100).clone()
    erased = erase_centre(slope, 0.25)
    assert (erased - slope).abs().max() < 0.05
    assert (erased.diff(dim=-1) - slope.diff(dim=-1)).abs().max() < 0.03


def test_erased_twice_is_erased_once():
    erased = erase_centre(random_pictures(60, 60), 0.3)
    assert torch.equal(erase_centre(erased, 0.3), erased)


def test_nothing_erased_at_radius_zero():
    pictures = random_pictures(30, 30)
    assert erase_centre(pictures, 0.0) is pictures


def test_pictures_are_filled_each_by_itself():
    pictures = random_pictures(50, 50, count=3)
    together = erase_centre(pictures, 0.2)
    for number in range(3):
        assert torch.allclose(together[number], erase_centre(pictures[number : number + 1], 0.2)[0], atol=1e-6)
