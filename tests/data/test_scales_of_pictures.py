"""The scales of a picture."""

import pytest
import torch

from nucleoscope.data.augment import augment, augment_scales
from nucleoscope.data.scales import at_scale, scales_up_to


@pytest.mark.parametrize(
    ("times", "scales"), [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (4, (1, 2, 4)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))]
)
def test_scales_double_up_to_the_picture_itself(times, scales):
    assert scales_up_to(times) == scales


def test_each_scale_shows_its_part_of_the_picture():
    picture = torch.arange(64.0).view(1, 1, 8, 8).expand(1, 3, 8, 8)
    assert torch.equal(at_scale(picture, 1, 4), picture[..., 3:5, 3:5])
    assert torch.equal(at_scale(picture, 2, 4)[0, 0], torch.tensor([[22.5, 24.5], [38.5, 40.5]]))
    assert torch.equal(at_scale(picture, 4, 4)[0, 0], torch.tensor([[13.5, 17.5], [45.5, 49.5]]))


@pytest.fixture
def pictures():
    """Smooth ones, of which a scale is much like another way to make it."""
    y, x = torch.linspace(0, 6, 96)[:, None], torch.linspace(0, 6, 96)[None, :]
    each = [torch.sin(x + 0.3 * seed) * torch.cos(y - 0.2 * seed) for seed in range(24)]
    return torch.stack([(120 + 80 * one).expand(3, -1, -1) for one in each]).to(torch.uint8)


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_the_crop_is_changed_as_it_is_alone(pictures, strength):
    close = pictures[..., 32:64, 32:64]
    scales = augment_scales(pictures, 3, strength, torch.Generator().manual_seed(3))
    alone = augment(close, (32, 32), strength, torch.Generator().manual_seed(3))
    assert scales.shape == (3, 24, 3, 32, 32)
    assert torch.allclose(scales[0], alone, atol=1e-4)


def test_all_scales_are_turned_alike(pictures):
    close, _, wide = augment_scales(pictures, 3, 0.0, torch.Generator().manual_seed(3))
    again = at_scale(wide, 1, 3)  # the centre of the wider one shows the crop, coarsely
    coarse = torch.nn.functional.interpolate(close, size=again.shape[-2:], mode="area")
    assert (again - coarse).abs().mean() < 0.02


@pytest.mark.parametrize("grey", [0.0, 1.0])
def test_colour_is_lost_at_all_scales(pictures, grey):
    generator = torch.Generator().manual_seed(0)
    coloured = pictures.clone()
    coloured[:, 0] = 255 - coloured[:, 0]
    scales = augment_scales(coloured, 3, 1.0, generator, grey)
    assert bool((scales.std(dim=2) < 1e-6).all()) is (grey == 1.0)
