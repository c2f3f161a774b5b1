import os
import re

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data import room
from nucleoscope.data.crops import Crops
from nucleoscope.data.reading import read_pictures
from nucleoscope.data.room import make_room
from nucleoscope.errors import DataError

SHAPE = (5, 24, 24, 3)
IMAGES = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


@pytest.fixture
def no_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "IN_MEMORY", 0)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def write_pictures(folder):
    folder.mkdir()
    for number, image in enumerate(IMAGES):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


def test_a_small_array_is_in_memory():
    assert not isinstance(make_room(SHAPE), np.memmap)


def test_a_large_array_is_in_a_file_that_has_no_name(no_memory):
    found = make_room(SHAPE)
    assert isinstance(found, np.memmap)
    assert found.shape == SHAPE
    found[:] = IMAGES
    np.testing.assert_array_equal(found, IMAGES)
    assert list(no_memory.iterdir()) == []


def test_a_part_of_many_crops_is_the_same(no_memory):
    crops = Crops(IMAGES, tuple("abcde"))
    part = crops.subset([4, 0, 4])
    assert isinstance(part.images, np.memmap)
    np.testing.assert_array_equal(part.images, IMAGES[[4, 0, 4]])


def test_many_pictures_are_decoded_into_a_file(no_memory):
    crops = read_pictures(write_pictures(no_memory / "pictures"))
    assert isinstance(crops.images, np.memmap)
    np.testing.assert_array_equal(crops.images, IMAGES)


def test_a_disk_without_room_is_named(no_memory, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    folder = write_pictures(no_memory / "pictures")
    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    message = (
        f"{no_memory} has no room for 5 decoded pictures of 24x24 pixels, 0.0 GiB (No space left on device): "
        "free some, or set TMPDIR to another disk"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_pictures(folder)
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        Crops(IMAGES, tuple("abcde")).subset(range(5))
