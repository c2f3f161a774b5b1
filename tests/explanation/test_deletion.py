"""The order of a map that is the truth beats random orders; its reverse loses."""

import numpy as np
import pytest
import torch
from readers import SIDE, centre_mask

from nucleoscope.explanation.deletion import (
    STEPS,
    Game,
    area,
    blur,
    cell_side,
    curves,
    map_ranks,
    random_ranks,
)
from nucleoscope.explanation.judgement import Played

REGION = centre_mask(0.25) > 0
TARGETS = np.zeros(4, np.int64)


def sharpness(pictures):
    """Probability of class 0: how sharp the centre is."""
    sharp = (4 * pictures[:, 0][:, REGION].var(dim=1)).clamp(max=1).double().numpy()
    return np.stack([sharp, 1 - sharp], axis=1)


@pytest.fixture(scope="module")
def pictures():
    """Black and white noise, whose variance is 1/4."""
    return torch.rand(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0)).round()


def play(pictures, ranks, game):
    return curves(sharpness, pictures, TARGETS, ranks, game)


@pytest.mark.parametrize("game", list(Game))
def test_truth_beats_random_and_its_reverse_loses(pictures, game):
    truth = np.stack([REGION.float().numpy()] * 4)
    side, sign = cell_side(pictures), 1 if game is Game.INSERTION else -1
    random = np.mean([area(play(pictures, random_ranks(4, pictures, seed), game)) for seed in range(4)], axis=0)
    played = {}
    for name, maps in (("truth", truth), ("reverse", -truth)):
        curve = play(pictures, map_ranks(maps, side, seed=0), game)
        played[name] = Played(curve.mean(axis=1), area(curve), random, sign)
    assert played["truth"].beats_random
    assert played["truth"].gain > 0.3
    assert not played["reverse"].beats_random
    assert played["reverse"].gain < -0.3


def test_curves_begin_and_end_with_the_crop_and_its_blur(pictures):
    ranks = random_ranks(4, pictures, seed=0)
    deletion, insertion = (play(pictures, ranks, game) for game in Game)
    whole, blurred = sharpness(pictures)[:, 0], sharpness(blur(pictures))[:, 0]
    assert deletion.shape == (STEPS + 1, 4)
    assert np.allclose(deletion[0], whole)
    assert np.allclose(insertion[-1], whole)
    assert np.allclose(deletion[-1], blurred)
    assert np.allclose(insertion[0], blurred)


def test_insertion_is_deletion_in_the_reverse_order_read_backwards(pictures):
    ranks = random_ranks(4, pictures, seed=0)
    backwards = play(pictures, ranks.max() - ranks, Game.DELETION)
    assert np.allclose(play(pictures, ranks, Game.INSERTION), backwards[::-1])


def test_ranks_follow_the_map_and_chance_decides_between_equals():
    maps = np.zeros((2, 30, 45), np.float32)
    maps[:, 25:, 40:] = 3.0
    maps[:, :5, :5] = 2.0
    ranks = map_ranks(maps, 5, seed=0)
    assert ranks.shape == (2, 6, 9)
    assert all(sorted(each.ravel()) == list(range(54)) for each in ranks)
    assert (ranks[:, -1, -1], ranks[:, 0, 0]) == (pytest.approx([0, 0]), pytest.approx([1, 1]))
    assert not np.array_equal(ranks[0], ranks[1])
    assert np.array_equal(ranks, map_ranks(maps, 5, seed=0))


def test_cells_that_do_not_fill_the_crop():
    pictures = torch.rand(4, 3, 43, 57, generator=torch.Generator().manual_seed(0))
    ranks = random_ranks(4, pictures, seed=0)
    assert ranks.shape == map_ranks(np.zeros((4, 43, 57), np.float32), cell_side(pictures), seed=0).shape

    def mean(some):
        return some.mean(dim=(1, 2, 3)).double().numpy()[:, None]

    found = curves(mean, pictures, TARGETS, ranks, Game.INSERTION)
    assert np.allclose(found[-1], pictures.mean(dim=(1, 2, 3)))


def test_area():
    assert area(np.linspace(1.0, 0.0, STEPS + 1)[:, None]) == pytest.approx(0.5)
    assert area(np.full((STEPS + 1, 2), 0.7)) == pytest.approx([0.7, 0.7])


@pytest.mark.parametrize("size", [(24, 24), (33, 80)])
def test_blur_keeps_constants_and_takes_noise(size):
    assert torch.allclose(blur(torch.full((1, 3, *size), 0.4)), torch.full((1, 3, *size), 0.4), atol=1e-6)
    noise = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    assert blur(noise).var() < 0.05 * noise.var()
