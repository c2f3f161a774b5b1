"""What splits of synthetic tissue leak."""

import numpy as np
import pytest

from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.splits import Protocol, make_split
from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.evaluation.colour_histograms import colour_histograms
from nucleoscope.evaluation.leakage import SharedPixels, measure_leakage, shared_pixels


@pytest.fixture(scope="module")
def crops():
    return cut_crops(make_fields(8, seed=0, size=200), size=48)


@pytest.fixture(scope="module")
def overlaps(crops):
    return find_overlaps(crops.images)


def measured(crops, overlaps, protocol):
    split = make_split(
        crops.targets(),
        protocol,
        classes=crops.classes,
        val_fraction=0.3,
        select_fraction=0.2,
        seed=0,
        tile=overlaps.tile,
    )
    colours = colour_histograms(crops.images)
    return split, measure_leakage(overlaps, split, crops.targets(), crops.classes, colours)


def test_shares_of_the_area_are_those_of_the_places():
    field = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    corners = [(0, 0), (10, 0), (40, 0), (80, 0), (200, 200)]  # the first is among, the others are of
    images = np.stack([field[y : y + 100, x : x + 100] for x, y in corners])
    found = shared_pixels(find_overlaps(images), np.array([0]), np.arange(1, 5))
    assert found == SharedPixels(
        crops=4,
        crops_that_overlap=3,
        share=0.75,
        mean_largest=pytest.approx((0.9 + 0.6 + 0.2) / 4),
        median_largest=pytest.approx(0.4),
        above_25=0.5,
        above_50=0.5,
        above_75=0.25,
    )


def test_a_random_split_leaks_and_rewards_what_knows_nothing(crops, overlaps):
    split, found = measured(crops, overlaps, Protocol.RANDOM)
    assert found.protocol is Protocol.RANDOM
    assert found.training_crops == len(split.train)
    assert found.validation.crops == len(split.val)
    assert found.validation.share > 0.9
    assert found.baselines["closest_crop"].accuracy > found.baselines["largest_class"].accuracy + 0.2


def test_a_split_by_tiles_leaks_nothing(crops, overlaps):
    _, found = measured(crops, overlaps, Protocol.TILES)
    assert found.validation.crops_that_overlap == 0
    assert found.validation.mean_largest == found.validation.above_25 == 0
    for name in ("closest_crop", "tile_majority"):
        assert found.baselines[name].informed == 0
        assert found.baselines[name].accuracy == found.baselines["largest_class"].accuracy
