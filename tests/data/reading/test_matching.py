import re
from pathlib import Path

import pytest

from nucleoscope.data.reading.matching import match
from nucleoscope.data.reading.sources import SourceFile
from nucleoscope.errors import DataError


def found(names, files):
    matched = match(names, [SourceFile(name, 1, 1) for name in files], table=Path("train.csv"), place=Path("train.zip"))
    return [file.name for file in matched]


def test_pictures_are_found_at_any_depth_in_the_order_of_the_names():
    assert found(["2.png", "1.png"], ["train/1.png", "train/train/2.png", "3.png"]) == [
        "train/train/2.png",
        "train/1.png",
    ]


def test_a_folder_in_a_name_tells_pictures_apart():
    files = ["a/1.png", "b/1.png", "x/b/1.png"]
    assert found(["a/1.png"], files) == ["a/1.png"]
    assert found(["b\\1.png"], files) == ["b/1.png"]
    assert found(["x/b/1.png", "b/1.png"], files) == ["x/b/1.png", "b/1.png"]


def test_a_name_is_not_the_end_of_another():
    with pytest.raises(DataError, match="names 1 crop without a picture"):
        found(["1.png"], ["11.png"])


def test_missing_pictures_are_counted():
    message = (
        "train.csv names 5 crops without a picture in train.zip (1.png, 2.png, 4.png and 2 more): "
        "add the pictures or remove the rows"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        found([f"{i}.png" for i in range(1, 7)], ["3.png"])


def test_an_ambiguous_name_is_said():
    message = (
        "train.csv names 1.png, but train.zip holds 2 pictures of this name (1.png, a/1.png): "
        "keep one, or name its folder in the table too"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        found(["1.png"], ["1.png", "a/1.png"])


def test_two_names_of_one_picture_are_said():
    message = (
        "train.csv names 1.png and a/1.png, which are the same picture; expected every crop once: "
        "remove one of the rows"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        found(["1.png", "a/1.png"], ["a/1.png"])
