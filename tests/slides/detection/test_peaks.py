import numpy as np
import pytest

from nucleoscope.slides.detection.peaks import find_peaks, strongest


def bells(shape, *centres, deviation=3.0):
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    found = [h * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation**2)) for x, y, h in centres]
    return np.max(found, axis=0).astype(np.float32)


@pytest.mark.parametrize(("x", "y"), [(12.5, 20.5), (12.9, 20.1), (13.0, 20.77)])
def test_a_maximum_is_found_between_pixels(x, y):
    centres, values = find_peaks(np.log(bells((40, 30), (x, y, 1.0)) + 1e-9), -0.5, 4.0)
    np.testing.assert_allclose(centres, [(x, y)], atol=0.01)
    assert values[0] == pytest.approx(0.0, abs=0.03)


def test_the_weaker_of_two_that_are_too_close_is_left_out():
    response = bells((40, 60), (20.5, 20.5, 1.0), (29.5, 20.5, 0.8), (50.5, 20.5, 0.3))
    assert len(find_peaks(response, 0.2, 8.0)[0]) == 3
    np.testing.assert_allclose(find_peaks(response, 0.2, 10.0)[0], [(20.5, 20.5), (50.5, 20.5)], atol=0.1)
    np.testing.assert_allclose(find_peaks(response, 0.5, 10.0)[0], [(20.5, 20.5)], atol=0.1)


def test_of_equal_maxima_the_first_in_reading_order_counts():
    centres = np.array([[5.0, 1.0], [6.0, 1.0], [5.5, 2.0], [50.0, 3.0]])
    assert strongest(centres, np.ones(4, np.float32), 3.0).tolist() == [True, False, False, True]


def test_a_stronger_neighbour_counts_even_if_it_is_left_out_itself():
    # So that the rule is local: what a maximum far away does to the neighbour does not matter.
    centres = np.array([[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]])
    assert strongest(centres, np.array([1, 2, 3], np.float32), 4.0).tolist() == [False, False, True]


def test_nothing_in_nothing():
    centres, values = find_peaks(np.full((5, 6), -1.0, np.float32), 0.0, 3.0)
    assert centres.shape == (0, 2)
    assert values.shape == (0,)
