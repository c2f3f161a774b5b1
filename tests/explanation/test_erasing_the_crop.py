"""Erasing the nucleus of pictures that show more than the crop."""

import pytest
import torch

from nucleoscope.data.centre import crop_in
from nucleoscope.explanation.erasing import erase_centre, erase_centre_of_crop, keep_centre, keep_centre_of_crop


@pytest.fixture(params=[(48, 4), (46, 2), (27, 3), (24, 4), (40, 1)])
def wide(request):
    """Pictures, how many times the width of a crop they show, and where the crop is."""
    side, times = request.param
    pictures = torch.rand(2, 3, times * side, times * side, generator=torch.Generator().manual_seed(0))
    return pictures, times, crop_in(times * side, times)


@pytest.mark.parametrize("radius", [0.1, 0.5])
def test_the_disc_is_erased_from_the_crop_and_nothing_else_changes(wide, radius):
    pictures, times, inside = wide
    before, erased = pictures.clone(), erase_centre_of_crop(pictures, radius, times)
    torch.testing.assert_close(erased[..., inside, inside], erase_centre(pictures[..., inside, inside], radius))
    erased[..., inside, inside] = pictures[..., inside, inside]
    assert torch.equal(erased, before)
    assert torch.equal(pictures, before)


@pytest.mark.parametrize("radius", [0.1, 0.5])
def test_what_is_kept_of_the_crop_says_nothing_of_the_rest(wide, radius):
    pictures, times, inside = wide
    kept = keep_centre_of_crop(pictures, radius, times)
    assert kept.shape == pictures.shape
    torch.testing.assert_close(kept[..., inside, inside], keep_centre(pictures[..., inside, inside], radius))
    other = torch.rand(pictures.shape, generator=torch.Generator().manual_seed(1))
    other[..., inside, inside] = pictures[..., inside, inside]
    assert torch.equal(keep_centre_of_crop(other, radius, times), kept)
    crop = kept[..., inside, inside]
    assert crop.amin() <= kept.amin() + 1e-6
    assert kept.amax() <= crop.amax() + 1e-6
