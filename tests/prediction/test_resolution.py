import numpy as np
import pytest

from nucleoscope.data.crops import Crops
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.resolution import to_resolution


def _config(mpp=0.25, size=(32, 32)):
    return BundleConfig(Specification(Kind.MODEL1, 2, size), ("a", "b"), (0, 1), (0.5,) * 3, (0.5,) * 3, mpp)


def _crops(size, mpp):
    return Crops(np.zeros((2, size, size, 3), np.uint8), ("1", "2"), mpp=mpp)


def test_crops_that_fit_are_left_alone():
    crops = _crops(32, None)
    assert to_resolution(crops, _config()) is crops


def test_crops_of_half_the_resolution_are_enlarged_and_cut_to_the_centre():
    images = np.zeros((1, 24, 24, 3), np.uint8)
    images[:, 11:13, 11:13] = 255
    fitting = to_resolution(Crops(images, ("1",), mpp=0.5), _config())
    assert fitting.size == (32, 32)
    assert fitting.mpp == 0.25
    y, x = np.nonzero(fitting.images[0, ..., 0] > 100)
    assert (y.mean(), x.mean()) == (15.5, 15.5)


def test_larger_crops_of_the_same_resolution_are_cut():
    assert to_resolution(_crops(40, 0.25), _config()).size == (32, 32)


def test_another_size_at_unknown_resolution_is_refused():
    with pytest.raises(DataError) as error:
        to_resolution(_crops(40, None), _config())
    assert str(error.value) == (
        "crops are 40x40 pixels; the model expects 32x32 at 0.25 um/pixel: cut crops of that size, or say the "
        "resolution of yours with --mpp"
    )


def test_a_model_without_resolution_takes_its_own_size_only():
    with pytest.raises(DataError) as error:
        to_resolution(_crops(40, 0.25), _config(mpp=None))
    assert str(error.value) == (
        "crops are 40x40 pixels; the model expects 32x32, and has no resolution on record to resample to: "
        "cut crops of that size"
    )


def test_crops_that_show_too_little_tissue_are_refused():
    with pytest.raises(DataError) as error:
        to_resolution(_crops(32, 0.2), _config())
    assert str(error.value) == (
        "crops of 32x32 pixels at 0.2 um/pixel show less tissue than the model needs (32x32 at 0.25); "
        "cut them larger: at least 40x40 pixels"
    )
