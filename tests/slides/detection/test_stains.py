import numpy as np
import pytest

from nucleoscope.data.synthetic import make_field
from nucleoscope.slides.detection.stains import DEFAULT, density, separate_stains

ABSORPTION = np.array([[0.62, 0.70, 0.33], [0.20, 0.89, 0.38]])


def stained(amounts, vectors):
    """Pixels (N, 3) with these amounts (N, 2) of the stains."""
    return np.rint(256 * np.exp(-amounts @ vectors) - 1).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("turned", [0.0, 0.06, -0.06])
def test_the_vectors_of_a_mixture_are_found_again(turned):
    vectors = ABSORPTION + turned * np.array([[0.5, -0.5, 0.3], [-0.3, 0.2, 0.5]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    amounts = rng.uniform(0.0, 1.6, (20_000, 2)) * rng.integers(0, 2, (20_000, 2))
    found = separate_stains(stained(amounts, vectors))
    assert found.estimated
    angles = np.degrees(np.arccos(np.clip((found.vectors * vectors).sum(axis=1), -1, 1)))
    assert (angles < 4).all(), angles
    own = found.haematoxylin(stained(np.array([[1.0, 0.0], [0.0, 1.0]]), vectors))
    assert own[0] > 8 * own[1]


def test_haematoxylin_is_told_from_eosin_in_a_field():
    field = make_field(seed=3, size=256)
    found = separate_stains(field.image.reshape(-1, 3))
    column, row = np.floor(field.centres).astype(int).T
    amount = found.haematoxylin(field.image)
    assert np.median(amount[row, column]) > 2 * np.median(amount)
    assert amount.min() >= 0


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (180, 60, 120)])
def test_where_there_are_no_two_stains_the_vectors_are_the_usual(colour):
    found = separate_stains(np.full((5000, 3), colour, np.uint8))
    assert not found.estimated
    np.testing.assert_allclose(found.vectors, DEFAULT / np.linalg.norm(DEFAULT, axis=1, keepdims=True))


def test_density_of_white_is_nothing():
    assert density(np.array([[255, 255, 255]], np.uint8)).tolist() == [[0.0, 0.0, 0.0]]
