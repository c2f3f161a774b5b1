"""Fixtures that several rooms share."""

import csv
import os
from pathlib import Path

import pytest
import torch
from PIL import Image

from nucleoscope import runtime
from nucleoscope.data.synthetic import cut_crops, make_fields


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # Two busy pools on two cores cost more than they bring; the numbers must also not depend on the machine.
    runtime.use_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    # What is remembered of this machine must neither come from its user nor stay with him.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.fixture(scope="session")
def cpu():
    return torch.device("cpu")


@pytest.fixture(scope="session")
def data_folder():
    """The folder that holds kaggle/, from NUCLEOSCOPE_DATA."""
    folder = os.environ.get("NUCLEOSCOPE_DATA")
    if folder is None:
        pytest.skip("NUCLEOSCOPE_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def competition(tmp_path_factory):
    """A tiny competition: four classes of overlapping crops from small synthetic fields, as PNGs."""
    folder = tmp_path_factory.mktemp("competition")
    crops = cut_crops(make_fields(12, seed=3, size=192), size=48)
    rows = {"train": [], "test": []}
    for position, name in enumerate(crops.names):
        part = "test" if position % 10 == 9 else "train"
        (folder / part).mkdir(exist_ok=True)
        Image.fromarray(crops.images[position]).save(folder / part / name)
        rows[part].append((name, int(crops.targets()[position])))
    for part, file in (("train", "train.csv"), ("test", "example.csv")):
        with (folder / file).open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["Filename", "Label"])
            writer.writerows([(name, label if part == "train" else 0) for name, label in sorted(rows[part])])
    return folder
