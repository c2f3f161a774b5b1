"""Covering what lies around crops."""

import numpy as np
import pytest
import torch

from nucleoscope.data.concealing import (
    PARTLY,
    UNKNOWN,
    conceal,
    shows_crop_alone,
    with_unknown_surroundings,
    without_surroundings,
)

SIDE = 40


@pytest.fixture(scope="module")
def concealed():
    """Pictures without white and without an even colour, and what is left of them."""
    pictures = torch.randint(0, 200, (600, 3, 2 * SIDE, 2 * SIDE), generator=torch.Generator().manual_seed(0))
    pictures = pictures.to(torch.uint8)
    before = pictures.clone()
    after = conceal(pictures, 2, torch.Generator().manual_seed(1))
    assert torch.equal(pictures, before)
    return pictures, after


def test_the_crop_itself_stays(concealed):
    pictures, after = concealed
    centre = (..., slice(20, 60), slice(20, 60))
    assert torch.equal(after[centre], pictures[centre])


def test_as_many_are_covered_as_said(concealed):
    pictures, after = concealed
    covered = (after != pictures).any(dim=1).flatten(1).float().mean(dim=1)  # share of the pixels
    around = 1 - 0.25
    assert ((covered > around - 0.02).float().mean() - UNKNOWN).abs() < 0.06
    partly = (covered > 0) & (covered < around - 0.02)
    assert (partly.float().mean() - PARTLY).abs() < 0.08  # a line may pass beyond the corner of a picture
    assert covered[partly].max() < 0.5


def test_covers_are_white_or_have_the_mean_colour_of_the_crop(concealed):
    pictures, after = concealed
    whole = ((after != pictures).any(dim=1).flatten(1).float().mean(dim=1) > 0.7).nonzero().flatten().tolist()
    white = 0
    for position in whole:
        colour = after[position, :, 0, 0]
        assert (after[position, :, :20] == colour[:, None, None]).all()
        mean = pictures[position, :, 20:60, 20:60].float().mean(dim=(1, 2)).round()
        white += bool((colour == 255).all())
        assert (colour == 255).all() or torch.equal(colour.float(), mean)
    assert 0.3 < white / len(whole) < 0.7


def test_the_same_seed_covers_the_same():
    pictures = torch.randint(0, 255, (8, 3, 30, 30), dtype=torch.uint8)
    one, other = (conceal(pictures, 3, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, other)


def test_a_crop_by_itself_lies_in_its_mean_colour():
    crop = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    found = with_unknown_surroundings(crop, (8, 12))
    np.testing.assert_array_equal(found[2:6, 3:9], crop)
    np.testing.assert_array_equal(found[0, 0], np.round(crop.mean(axis=(0, 1))))
    assert (found[:2] == found[0, 0]).all()
    assert (found[:, :3] == found[0, 0]).all()


def test_a_crop_by_itself_is_told_from_one_with_tissue_around_it():
    wide = np.random.default_rng(0).integers(0, 256, (96, 64, 3), dtype=np.uint8)
    assert shows_crop_alone(without_surroundings(wide, 2), 2)
    assert not shows_crop_alone(wide, 2)
    assert not shows_crop_alone(wide, 1)
