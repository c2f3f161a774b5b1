"""Keypoints and signatures: they move with the picture, and there are none where there is nothing to see."""

import numpy as np
import pytest
from scipy import ndimage

from nucleoscope.data.overlap.keypoints import REACH, find_keypoints
from nucleoscope.data.overlap.signatures import largest_hash, likeness, orientations, signatures
from nucleoscope.data.overlap.symmetries import COUNT, moved, turned

ALL = tuple(range(COUNT))


def textured(seed, size=81):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((size, size, 3)), (1.5, 1.5, 0))
    return np.clip(128 + 40 * noise / noise.std(), 0, 255).astype(np.uint8)


def places_of(keypoints):
    return set(map(tuple, keypoints.place.tolist()))


@pytest.mark.parametrize("symmetry", ALL)
def test_keypoints_turn_with_the_picture(symmetry):
    picture = textured(0)
    here, there = find_keypoints(picture[None]), find_keypoints(turned(picture, symmetry)[None])
    expected = moved(here.place - 40, np.full(len(here), symmetry)) + 40
    assert len(here) > 30
    assert places_of(there) == set(map(tuple, expected.tolist()))


def test_keypoints_stay_where_a_crop_is_cut():
    picture = textured(1)
    whole, part = find_keypoints(picture[None]), find_keypoints(picture[None, 10:, 20:])
    kept = {(x - 20, y - 10) for x, y in places_of(whole)}
    far = 2 * REACH  # from the new border: no pixel outside matters
    assert {(x, y) for x, y in kept if min(x, y) >= far} == {(x, y) for x, y in places_of(part) if min(x, y) >= far}


def test_patches_have_no_mean_and_length_one():
    patch = find_keypoints(np.stack([textured(0), textured(1)])).patch
    np.testing.assert_allclose(patch.mean(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(np.square(patch).sum(axis=(1, 2)), 1, rtol=1e-5)


def pictures_without_places():
    flat = np.full((80, 80, 3), 230, np.uint8)
    edge, slope, faint = flat.copy(), flat.copy(), flat.copy()
    edge[:, :33] = 0
    slope[:] = np.arange(80, dtype=np.uint8)[:, None, None] * 3
    faint[40, 40] = 226
    return {"flat": flat, "edge": edge, "slope": slope, "faint": faint}


@pytest.mark.parametrize("name", pictures_without_places())
def test_there_are_none_where_there_is_no_place_to_know_again(name):
    assert len(find_keypoints(pictures_without_places()[name][None])) == 0


@pytest.mark.parametrize("symmetry", ALL)
def test_signatures_stay_when_a_picture_turns(symmetry):
    picture = textured(2)
    here, there = (
        signatures(find_keypoints(image[None]), ALL)
        for image in (picture, np.ascontiguousarray(turned(picture, symmetry)))
    )
    assert sorted(here["hash"].tolist()) == sorted(there["hash"].tolist())


def test_signatures_are_in_range_and_alike_to_themselves():
    made = signatures(find_keypoints(textured(3)[None]), ALL)
    assert int(made["hash"].max()) <= largest_hash()
    np.testing.assert_allclose(likeness(made, made), 1, atol=0.03)
    others = made[np.random.default_rng(0).permutation(len(made))]
    assert abs(float(likeness(made, others).mean())) < 0.2


@pytest.mark.parametrize("allowed", [(0,), (0, 1, 2, 3), ALL])
def test_orientations_are_among_those_allowed(allowed):
    keypoints = find_keypoints(textured(4)[None])
    way = orientations(keypoints.patch, allowed)
    assert set(way.turn.tolist()) <= set(allowed)
    assert set(way.keypoint.tolist()) == set(range(len(keypoints)))
    pairs = list(zip(way.keypoint.tolist(), way.turn.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
