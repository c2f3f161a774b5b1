import numpy as np
import pytest

from nucleoscope.slides.detection.haematoxylin import HaematoxylinDetector, otsu


def test_the_threshold_is_that_of_scikit_image():
    filters = pytest.importorskip("skimage.filters")
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0.2, 0.1, 9000), rng.normal(0.9, 0.2, 2000)]).astype(np.float32)
    assert otsu(values) == pytest.approx(filters.threshold_otsu(values), abs=1e-6)


def disc(radius_um, mpp, side=64):
    """A field with one nucleus of haematoxylin in its middle, on pale eosin."""
    rows, columns = np.mgrid[:side, :side] + 0.5 - side / 2
    inside = np.hypot(rows, columns) * mpp <= radius_um
    return np.where(inside[..., None], (80, 60, 130), (240, 200, 220)).astype(np.uint8)


@pytest.mark.parametrize("radius_um", [2.5, 3.0, 4.0])
def test_the_response_is_highest_in_the_middle_of_a_nucleus(radius_um):
    detector = HaematoxylinDetector()
    picture = disc(radius_um, detector.mpp)
    response = detector.adapt(lambda: [picture])(picture)
    row, column = np.unravel_index(response.argmax(), response.shape)
    assert max(abs(row - 31.5), abs(column - 31.5)) <= 1
    assert response.max() > detector.threshold
    assert response[0, 0] <= detector.threshold


def test_what_is_paler_than_the_nuclei_of_the_image_is_none():
    detector = HaematoxylinDetector()
    picture = np.concatenate([disc(3.0, detector.mpp)] * 2, axis=1)
    picture[:, 64:] = 255 - (255 - picture[:, 64:].astype(int)) // 4
    response = detector.adapt(lambda: [picture])(picture)
    assert response[32, 32] > detector.threshold
    assert response[32, 96] == 0.0
