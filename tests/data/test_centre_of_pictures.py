"""Where the crop lies in a wider picture."""

import numpy as np
import pytest

from nucleoscope.data.centre import crop_in
from nucleoscope.data.mirror import corners_around


@pytest.mark.parametrize("side", [24, 25, 26, 27])
@pytest.mark.parametrize("times", [2, 3, 4, 5])
def test_it_begins_where_a_crop_around_the_same_nucleus_does(side, times):
    centre = np.array([[300.2, 411.9]])
    crop, wide = corners_around(centre, (side, side)), corners_around(centre, (times * side, times * side))
    inside = crop_in(times * side, times)
    assert (crop - wide).tolist() == [[inside.start, inside.start]]
    assert inside.stop - inside.start == side
