import numpy as np
import pytest
import torch

from nucleoscope.data.mirror import read_block
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.fields import Field, cut_windows, predict_crops_of
from nucleoscope.prediction.logits import predict_logits

IMAGE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def _bundle():
    specification = Specification(Kind.MODEL1, 3, (24, 24), 8)
    config = BundleConfig(specification, ("a", "b", "c"), (0, 1, 2), (0.5,) * 3, (0.5,) * 3)
    return Bundle(specification.build(None)[0], config)


def test_a_window_holds_the_pixels_around_its_nucleus():
    (window,) = cut_windows(Field(IMAGE, np.array([[40.0, 30.0]])), (24, 24))
    assert (window == IMAGE[18:42, 28:52]).all()


@pytest.mark.parametrize("size", [(24, 24), (25, 24), (24, 31)])
def test_windows_go_on_as_in_a_mirror_beyond_the_border(size):
    centres = np.array([[0.0, 0.0], [80.0, 60.0], [0.4, 59.6]])
    padded = np.pad(IMAGE, ((40, 40), (40, 40), (0, 0)), mode="reflect")
    for window, (x, y) in zip(cut_windows(Field(IMAGE, centres), size), np.rint(centres).astype(int), strict=True):
        top, left = y + 40 - size[0] // 2, x + 40 - size[1] // 2
        assert (window == padded[top : top + size[0], left : left + size[1]]).all()


def test_a_block_may_be_many_times_as_large_as_the_picture():
    assert (read_block(IMAGE[:2, :1], -3, -3, 7, 7)[:, 0, 0] == IMAGE[[1, 0, 1, 0, 1, 0, 1], 0, 0]).all()


def test_every_nucleus_gets_the_logits_of_its_crop_in_order(cpu):
    bundle = _bundle()
    field = Field(IMAGE, np.random.default_rng(1).random((11, 2)) * (80, 60))
    told = []
    found = predict_crops_of(bundle, field, lambda *done: told.append(done))
    expected = predict_logits(bundle.model, cut_windows(field, (24, 24)), device=cpu).numpy()
    assert np.array_equal(found, expected)
    assert told == [(11, 11)]
    assert predict_crops_of(bundle, Field(IMAGE, np.empty((0, 2)))).shape == (0, 3)
    assert torch.isfinite(torch.from_numpy(found)).all()


@pytest.mark.parametrize("place", [(80.5, 3.0), (np.nan, 3.0), (-0.1, 3.0)])
def test_a_nucleus_outside_is_refused_and_not_dropped(place):
    with pytest.raises(DataError) as error:
        Field(IMAGE, np.array([[1.0, 1.0], place]))
    assert str(error.value) == (
        f"nucleus 2 of 2 is at x {place[0]:g}, y 3, outside the field of 80x60 pixels; expected pixels of this "
        "picture: check the unit and the order of x and y"
    )


def test_a_picture_or_centres_of_another_shape_are_refused():
    with pytest.raises(DataError) as error:
        Field(IMAGE[..., :2], np.empty((0, 2)))
    assert str(error.value) == "a field has shape (60, 80, 2) and type uint8; expected (height, width, 3) and uint8"
    with pytest.raises(DataError) as error:
        Field(IMAGE, np.empty((4, 3)))
    assert str(error.value) == "the centres of nuclei have shape (4, 3); expected (N, 2): x and y of each"
