import numpy as np
import pytest
import torch

from nucleoscope.data.augment import Jitter, augment, to_float


@pytest.fixture
def pictures():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(20, 236, (16, 3, 32, 32), generator=generator, dtype=torch.uint8)


def _augment(pictures, strength, seed=1, size=(32, 32), **ranges):
    jitter = Jitter(**ranges) if ranges else None
    return augment(pictures, size, strength, torch.Generator().manual_seed(seed), jitter)


def test_at_strength_0_every_crop_is_a_flip_or_quarter_turn_of_itself(pictures):
    changed = _augment(pictures, 0.0)
    seen = set()
    for before, after in zip(to_float(pictures), changed, strict=True):
        ways = [torch.rot90(side, turn, (1, 2)) for side in (before, before.flip(2)) for turn in range(4)]
        distances = [(way - after).abs().max().item() for way in ways]
        assert min(distances) < 0.005
        seen.add(int(np.argmin(distances)))
    assert len(seen) >= 5  # of 8 ways, 16 crops


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_some_crops_lose_their_colour_and_keep_their_darkness(pictures, strength):
    plain, some = (
        augment(pictures, (32, 32), strength, torch.Generator().manual_seed(1), grey=grey) for grey in (0.0, 0.5)
    )
    lost = (some == some[:, :1]).flatten(1).all(dim=1)
    assert 3 <= lost.sum() <= 13  # of 16
    assert torch.equal(some[~lost], plain[~lost])
    known = plain[lost].amax(dim=1) < 1.0  # beyond, the picture without grey was clipped
    assert torch.allclose(some[lost, 0][known].log(), plain[lost].log().mean(dim=1)[known], atol=1e-4)
    assert (augment(pictures, (32, 32), strength, torch.Generator(), grey=1.0).std(dim=1) == 0).all()


def test_values_stay_in_range_and_shape_follows_the_size(pictures):
    changed = _augment(pictures, 2.0, size=(24, 20))
    assert changed.shape == (16, 3, 24, 20)
    assert changed.min() >= 0.0
    assert changed.max() <= 1.0
    assert torch.isfinite(changed).all()


def test_the_seed_decides(pictures):
    assert torch.equal(_augment(pictures, 1.0), _augment(pictures, 1.0))
    assert not torch.equal(_augment(pictures, 1.0), _augment(pictures, 1.0, seed=2))


def test_crops_of_a_batch_are_changed_each_in_its_own_way():
    same = torch.full((8, 3, 32, 32), 128, dtype=torch.uint8)
    means = _augment(same, 1.0).mean(dim=(2, 3))
    assert len({tuple(row.tolist()) for row in means}) == 8


def test_a_uniform_crop_stays_uniform_because_colour_is_one_map_for_all_pixels():
    changed = _augment(torch.full((8, 3, 32, 32), 90, dtype=torch.uint8), 1.0)
    assert changed.std(dim=(2, 3)).max() < 1e-5


def test_the_nucleus_stays_in_the_centre():
    dot = torch.full((64, 3, 32, 32), 255, dtype=torch.uint8)
    dot[:, :, 14:18, 14:18] = 0
    dark = 1.0 - _augment(dot, 1.0, stain_scale=0, stain_shift=0, brightness=0, contrast=0).mean(1)
    places = torch.arange(32) + 0.5
    y = (dark.sum(2) * places).sum(1) / dark.sum((1, 2))
    assert (y - 16).abs().max() < 32 * (Jitter().shift + 0.03)


def test_evaluation_only_scales(pictures):
    assert torch.equal(to_float(pictures) * 255, pictures.float())


def test_turned_crops_that_are_not_square_keep_their_proportions():
    square = torch.full((32, 3, 48, 80), 255, dtype=torch.uint8)
    square[:, :, 16:32, 32:48] = 0
    dark = _augment(square, 0.0, size=(48, 80)).mean(1) < 0.5
    for one in dark:
        rows, columns = one.any(dim=1).sum(), one.any(dim=0).sum()
        assert (rows, columns) == (16, 16)
