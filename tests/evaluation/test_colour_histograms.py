import numpy as np
import pytest

from nucleoscope.evaluation import colour_histograms as module
from nucleoscope.evaluation.colour_histograms import colour_histograms


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 24, 30, 3), dtype=np.uint8)


def test_squares_are_the_shares_of_each_channel(images):
    histograms = colour_histograms(images)
    assert histograms.shape == (10, 48)
    np.testing.assert_allclose(np.square(histograms).reshape(10, 3, 16).sum(axis=2), 1, rtol=1e-5)
    expected = np.histogram(images[3, ..., 1], bins=16, range=(0, 256))[0] / (24 * 30)
    np.testing.assert_allclose(np.square(histograms[3, 16:32]), expected, rtol=1e-5)


def test_colours_have_no_place(images):
    np.testing.assert_array_equal(colour_histograms(images[:, ::-1, ::-1]), colour_histograms(images))


def test_chunks_change_nothing_and_are_told(images, monkeypatch):
    whole, told = colour_histograms(images), []
    monkeypatch.setattr(module, "_CROPS_AT_ONCE", 4)
    np.testing.assert_array_equal(colour_histograms(images, lambda *done: told.append(done)), whole)
    assert told == [(4, 10), (8, 10), (10, 10)]
