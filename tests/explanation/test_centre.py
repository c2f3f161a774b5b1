"""The share of a map on the nucleus."""

import numpy as np
import pytest

from nucleoscope.explanation.centre import central_disc, central_share, uniform_share


def test_even_map_has_the_uniform_share_near_that_of_a_disc():
    assert central_share(np.full((100, 100), -2.0, dtype=np.float32)) == pytest.approx(uniform_share(100, 100))
    assert uniform_share(100, 100) == pytest.approx(np.pi / 16, abs=0.005)


def test_both_signs_count():
    values = np.zeros((40, 40), dtype=np.float32)
    values[20, 20], values[0, 0] = -3.0, 1.0
    assert central_share(values) == 0.75


def test_map_of_zeros_has_no_share():
    assert central_share(np.zeros((24, 30), dtype=np.float32)) is None


@pytest.mark.parametrize("size", [(24, 24), (101, 60), (33, 80)])
def test_disc_is_centred(size):
    disc = central_disc(*size)
    assert disc.shape == size
    assert np.array_equal(disc, disc[::-1, ::-1])
