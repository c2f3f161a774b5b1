"""The symmetries of the square form a group, and pictures, points and tables agree about it."""

import numpy as np
import pytest

from nucleoscope.data.overlap import symmetries
from nucleoscope.data.overlap.symmetries import COMPOSED, INVERSE, moved, turned

ALL = range(symmetries.COUNT)
PICTURE = np.random.default_rng(0).integers(0, 256, (5, 5, 3), dtype=np.uint8)


def test_they_are_the_flips_and_quarter_turns():
    pictures = {turned(PICTURE, symmetry).tobytes() for symmetry in ALL}
    expected = {np.rot90(picture, k).tobytes() for picture in (PICTURE, PICTURE[::-1]) for k in range(4)}
    assert pictures == expected
    assert len(pictures) == 8


@pytest.mark.parametrize("after", ALL)
@pytest.mark.parametrize("before", ALL)
def test_the_table_says_what_one_after_the_other_does(after, before):
    twice = turned(turned(PICTURE, before), after)
    np.testing.assert_array_equal(twice, turned(PICTURE, int(COMPOSED[after, before])))


@pytest.mark.parametrize("symmetry", ALL)
def test_the_inverse_undoes_it(symmetry):
    np.testing.assert_array_equal(turned(turned(PICTURE, symmetry), int(INVERSE[symmetry])), PICTURE)


@pytest.mark.parametrize("symmetry", ALL)
@pytest.mark.parametrize(("x", "y"), [(2, 0), (1, -2), (-2, -1)])
def test_a_point_moves_with_its_picture(symmetry, x, y):
    marked = np.zeros((5, 5), np.uint8)
    marked[2 + y, 2 + x] = 1
    ((there_x, there_y),) = moved(np.array([[x, y]]), np.array([symmetry])).tolist()
    assert turned(marked, symmetry)[2 + there_y, 2 + there_x] == 1


@pytest.mark.parametrize("symmetry", range(4))
def test_without_transposing_the_shape_stays(symmetry):
    assert turned(np.zeros((3, 7), np.uint8), symmetry).shape == (3, 7)
