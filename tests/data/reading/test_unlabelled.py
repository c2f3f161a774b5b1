import re

import numpy as np
import pytest

from nucleoscope.data.reading import read_pictures
from nucleoscope.data.reading.sources import open_source
from nucleoscope.data.reading.unlabelled import read_test_set
from nucleoscope.errors import DataError

from .tiny_pictures import pack, pixels, write_picture, write_table


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 10):
        write_picture(tmp_path / "test" / "crops" / f"{number}.png", number)
    return tmp_path / "test"


def read_test(path, example=None, **options):
    with open_source(path) as source:
        return read_test_set(source, example, **options)


@pytest.mark.parametrize("packed", [False, True])
def test_pictures_are_named_by_their_paths_in_natural_order(folder, packed):
    crops = read_pictures(pack(folder) if packed else folder)
    assert crops.names == ("crops/1.png", "crops/2.png", "crops/10.png")
    np.testing.assert_array_equal(crops.images, [pixels(1), pixels(2), pixels(10)])
    assert crops.labels is None
    assert crops.classes == ()


def test_a_single_picture_is_a_crop(folder):
    crops = read_pictures(folder / "crops" / "10.png")
    assert crops.names == ("10.png",)
    np.testing.assert_array_equal(crops.images[0], pixels(10))


def test_no_pictures_are_said(tmp_path):
    (tmp_path / "Thumbs.db").touch()
    message = f"{tmp_path} holds no pictures; expected crops as PNG, JPEG, TIFF or BMP, in a folder or a zip"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_pictures(tmp_path)


def test_a_test_set_has_the_names_and_order_of_its_example(folder):
    example = write_table(folder.parent / "example.csv", {"10.png": 0, "1.png": 0, "2.png": 0})
    found = read_test(folder, example, mpp=0.5)
    assert found.submission_names == found.crops.names == ("10.png", "1.png", "2.png")
    np.testing.assert_array_equal(found.crops.images, [pixels(10), pixels(1), pixels(2)])
    assert found.crops.mpp == 0.5
    assert found.notes == ()


def test_without_an_example_base_names_are_names_where_they_are_unique(folder):
    found = read_test(folder)
    assert found.submission_names is None
    assert found.crops.names == ("1.png", "2.png", "10.png")
    write_picture(folder / "others" / "2.png", 5)
    assert read_test(folder).crops.names == ("crops/1.png", "crops/2.png", "crops/10.png", "others/2.png")


def test_an_empty_test_set_is_said(tmp_path):
    message = (
        f"the test set {tmp_path} holds no pictures; expected crops as PNG, JPEG, TIFF or BMP: add them or remove it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_test(tmp_path)


def test_names_of_the_example_without_a_picture_are_said(folder):
    example = write_table(folder.parent / "example.csv", {f"{number}.png": 0 for number in range(1, 7)})
    message = (
        f"{example} names 4 crops without a picture in {folder} (3.png, 4.png, 5.png and 1 more): "
        "add the pictures or remove the rows"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_test(folder, example)


def test_doubled_names_of_the_example_are_said(folder):
    example = folder.parent / "example.csv"
    example.write_text("Filename,Label\n1.png,0\n2.png,0\n10.png,0\n2.png,0\n")
    message = f"{example} has 1 name more than once (2.png); expected every crop once: remove the doubled rows"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_test(folder, example)


def test_pictures_that_the_example_does_not_name_are_said(folder):
    example = write_table(folder.parent / "example.csv", {"2.png": 0})
    message = (
        f"{folder} holds 2 pictures that {example} does not name (crops/1.png, crops/10.png): "
        "remove them or add their rows"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_test(folder, example)
