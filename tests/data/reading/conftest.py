"""Tiny data sets."""

import os
from pathlib import Path

import pytest

from .tiny_pictures import write_picture, write_table


@pytest.fixture
def competition(tmp_path):
    """`train.csv` with 3 crops each of the labels 0 to 3, and `train/1.png` to `train/12.png`."""
    data = tmp_path / "data"
    for number in range(1, 13):
        write_picture(data / "train" / f"{number}.png", number)
    write_table(data / "train.csv", {f"{number}.png": (number - 1) // 3 for number in range(1, 13)})
    return data


@pytest.fixture
def competition_with_test(competition):
    """The same with `test/101.png` to `test/104.png` and an `example.csv` in another order."""
    for number in range(101, 105):
        write_picture(competition / "test" / f"{number}.png", number)
    write_table(competition / "example.csv", {f"{number}.png": 0 for number in (103, 101, 104, 102)})
    return competition


@pytest.fixture
def class_folders(tmp_path):
    """`leukocyte/` and `muscle/` with the crops 1, 2, 10 and 3, 4."""
    data = tmp_path / "data"
    for folder, numbers in {"leukocyte": (1, 2, 10), "muscle": (3, 4)}.items():
        for number in numbers:
            write_picture(data / folder / f"{number}.png", number)
    return data


@pytest.fixture
def kaggle():
    """The real competition data."""
    root = os.environ.get("NUCLEOSCOPE_DATA")
    if not root:
        pytest.skip("NUCLEOSCOPE_DATA is not set")
    return Path(root) / "kaggle"
