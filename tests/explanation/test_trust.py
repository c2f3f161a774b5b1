"""All checks together, in figures, in words and in a picture."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from readers import SIDE, linear_bundle, small_bundle, split_crops

from nucleoscope.data.splits import Protocol
from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.judgement import Judgement, Played, Shuffled
from nucleoscope.explanation.trust import examine
from nucleoscope.explanation.trust_picture import plot_trust

IMAGES, CENTRE, _ = split_crops(30)


@pytest.fixture(scope="module")
def examined():
    steps = []
    found = examine(
        small_bundle(), IMAGES, CENTRE, Protocol.TILES, seed=1, progress=lambda done, total: steps.append((done, total))
    )
    return found, steps


def test_record(examined):
    record = json.loads(json.dumps(examined[0].to_mapping(), allow_nan=False))
    assert list(record["methods"]) == list(Method)
    assert (record["protocol"], record["validation_crops"], record["seed"]) == ("tiles", 30, 1)
    assert record["settings"]["deletion_and_insertion"]["replaced_by"] == "blurred crop"
    for method, checks in record["methods"].items():
        assert checks["randomisation"]["rank_correlation"][0] == pytest.approx(1.0)
        assert checks["randomisation"]["crops"] == (4 if method == "occlusion" else 8)
        assert checks["deletion"]["crops"] == checks["insertion"]["crops"] == 8
        assert checks["deletion"]["random_area"] == checks["insertion"]["random_area"]
        assert 0.0 <= checks["infidelity"]["mean"] <= 1.0
        assert checks["sensitivity"]["mean"] > 0.0


def test_same_seed_same_record(examined):
    again = examine(small_bundle(), IMAGES, CENTRE, Protocol.TILES, seed=1)
    assert again.to_mapping() == examined[0].to_mapping()


def test_progress_ends_with_all(examined):
    _, steps = examined
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, total in steps} == {len(steps)}


def test_without_feature_maps_there_is_no_grad_cam(tmp_path):
    blind, steps = linear_bundle(torch.zeros(2, 3, SIDE, SIDE)), []
    found = examine(blind, IMAGES[:3], CENTRE[:3], Protocol.RANDOM, progress=lambda done, total: steps.append(total))
    assert list(found.judgements) == [Method.OCCLUSION, Method.INTEGRATED_GRADIENTS]
    assert steps == [len(steps)] * len(steps)
    assert "nothing can be foretold" in found.judgements[Method.OCCLUSION].sentence()
    json.dumps(found.to_mapping(), allow_nan=False)
    plot_trust(tmp_path / "trust.png", found, "model2")


def test_page_is_whole(tmp_path, examined):
    plot_trust(tmp_path / "trust.png", examined[0], "model1")
    picture = np.asarray(Image.open(tmp_path / "trust.png").convert("L"))
    assert picture.shape == (2070, 1650)
    assert picture.std() > 10
    for edge in (picture[:20], picture[-20:], picture[:, :10], picture[:, -10:]):
        assert edge.min() == 255


def judged(left=0.0, deletion=0.2, insertion=0.8, infidelity=0.3, sensitivity=0.1):
    """A judgement with these figures; at random the areas are 0.5."""
    generator = np.random.default_rng(0)
    first = generator.standard_normal((1, 4, 50, 50)).astype(np.float32) ** 2
    maps = np.concatenate([first, first if left else generator.permutation(first, axis=2)])
    played = [
        Played(np.zeros(3), np.full(10, value), np.full(10, 0.5) + 0.01 * np.arange(-4.5, 5), sign)
        for value, sign in ((deletion, -1), (insertion, 1))
    ]
    return Judgement("Occlusion", Shuffled(maps), *played, infidelity, 0.4, 8, sensitivity, 4)


def test_sentence_of_a_method_that_passes():
    left = judged().shuffled.correlation[-1]
    assert judged().sentence() == (
        f"Occlusion: maps change when all weights are shuffled (rank correlation {left:.2f}, 4 crops), as they must. "
        "What they mark matters more than random places (area 0.20 when it is blurred and 0.80 when it is brought "
        "back, at random 0.50, 10 crops). They miss 30% of what white squares do to the logit, less than an even map "
        "(40%; 8 crops); under noise that nobody sees they change by 10% (4 crops)."
    )


def test_sentence_of_a_method_that_fails():
    assert judged(left=1.0, deletion=0.6, insertion=0.4, infidelity=0.5, sensitivity=0.9).sentence() == (
        "Occlusion: maps stay the same when all weights are shuffled (rank correlation 1.00, 4 crops): they show the "
        "crop, not the network. What they mark does not matter more than random places (area 0.60 when it is blurred "
        "and 0.40 when it is brought back, at random 0.50, 10 crops). They miss 50% of what white squares do to the "
        "logit, no less than an even map (40%; 8 crops); under noise that nobody sees they change by 90%, which is "
        "unsteady (4 crops)."
    )


def test_words_for_one_game_only():
    assert "random places only when it is blurred (area" in judged(insertion=0.5).sentence()
    assert "random places only when it is brought back (area" in judged(deletion=0.5).sentence()


def test_words_for_empty_maps():
    found = judged()
    maps = found.shuffled.maps.copy()
    maps[-1, :2] = 0.0
    assert "4 crops; 2 are empty then), as they must." in replace(found, shuffled=Shuffled(maps)).sentence()


def test_a_gain_within_chance_beats_nothing():
    areas = np.array([0.1, 0.9, 0.5])
    played = Played(np.zeros(3), areas, np.full(3, 0.45), 1)
    assert played.gain == pytest.approx(0.05)
    assert not played.beats_random
    assert Played(np.zeros(3), areas[:1], np.full(1, 0.45), -1).standard_error is None
