"""How many pictures are taken at once."""

import pytest

from nucleoscope.data.at_once import pictures_at_once


@pytest.mark.parametrize(
    ("most", "height", "width", "expected"),
    [(128, 100, 100, 128), (1024, 100, 100, 512), (128, 400, 400, 32), (1024, 400, 200, 64), (64, 9000, 9000, 1)],
)
def test_wide_pictures_take_no_more_memory_than_small_ones(most, height, width, expected):
    assert pictures_at_once(most, height, width) == expected
