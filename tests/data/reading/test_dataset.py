import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading import read_dataset, read_pictures
from nucleoscope.data.reading.class_folders import LAYOUTS
from nucleoscope.errors import ConfigError, DataError

from .tiny_pictures import SIZE, pixels, write_picture, write_table


def test_a_test_set_can_be_given(class_folders, tmp_path):
    for number in (7, 8):
        write_picture(tmp_path / "new" / f"{number}.png", number)
    write_picture(class_folders / "test" / "1.png")
    found = read_dataset(str(class_folders), test=tmp_path / "new", mpp=0.25)
    assert found.test.names == ("7.png", "8.png")
    assert found.test.mpp == found.crops.mpp == 0.25
    assert found.submission_names is None


def test_an_example_beside_a_given_test_set_applies(class_folders, tmp_path):
    for number in (7, 8):
        write_picture(tmp_path / "new" / f"{number}.png", number)
    write_table(tmp_path / "example.csv", {"8.png": 0, "7.png": 0})
    assert read_dataset(class_folders, test=tmp_path / "new").submission_names == ("8.png", "7.png")


def test_a_given_test_set_must_be_there(class_folders, tmp_path):
    message = f"{tmp_path}/none does not exist; expected a folder, a zip or a picture: check the path"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders, test=tmp_path / "none")


def test_test_crops_have_the_size_of_the_labelled(class_folders):
    write_picture(class_folders / "test" / "1.png", size=32)
    message = (
        "the test crops are 32x32 pixels and the labelled ones 24x24; expected one size: cut or resize them to the same"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders)


def test_conversions_are_notes(class_folders):
    Image.fromarray(pixels(1)[..., 0]).save(class_folders / "muscle" / "3.png")
    Image.fromarray(np.dstack([pixels(1), pixels(2)[..., 0]])).save(class_folders / "leukocyte" / "1.png")
    (class_folders / "test").mkdir()
    Image.fromarray(pixels(1)[..., 0].astype(np.uint16)).save(class_folders / "test" / "1.png")
    assert read_dataset(class_folders).notes == (
        "1 greyscale picture was converted to RGB",
        "1 picture with an alpha channel was composited on white",
        "1 greyscale picture of the test set was converted to RGB",
        "1 16-bit picture of the test set was scaled to 8 bits",
    )


def test_a_cache_gives_the_same_data(competition_with_test, tmp_path):
    cache = tmp_path / "cache"
    plain = read_dataset(competition_with_test)
    for _ in range(2):
        cached = read_dataset(competition_with_test, cache=cache)
        assert cached.crops.fingerprint == plain.crops.fingerprint
        assert cached.test.fingerprint == plain.test.fingerprint
        assert cached.notes == plain.notes
    assert len(list(cache.glob("crops-labelled-*.npy"))) == len(list(cache.glob("crops-test-*.npy"))) == 1


def test_labels_are_read_afresh_though_pictures_are_cached(competition, tmp_path):
    read_dataset(competition, cache=tmp_path / "cache")
    write_table(competition / "train.csv", {f"{number}.png": number % 2 for number in range(1, 13)})
    found = read_dataset(competition, cache=tmp_path / "cache")
    np.testing.assert_array_equal(found.crops.labels, [1, 0] * 6)


def test_progress_counts_labelled_and_test_crops(competition_with_test):
    calls = []
    read_dataset(competition_with_test, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(12, 12), (4, 4)]


def test_missing_data_is_said(tmp_path):
    with pytest.raises(DataError, match=f"^{re.escape(f'{tmp_path}/none does not exist; {LAYOUTS}')}$"):
        read_dataset(tmp_path / "none")


def test_a_single_picture_is_no_data_set(class_folders):
    path = class_folders / "muscle" / "3.png"
    with pytest.raises(DataError, match=f"^{re.escape(f'{path} is a single picture; {LAYOUTS}')}$"):
        read_dataset(path)


@pytest.mark.parametrize("mpp", [0.0, -0.25, float("nan"), float("inf")])
def test_mpp_is_a_length(class_folders, mpp):
    message = f"mpp is {mpp}; expected micrometres per pixel, such as 0.25"
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders, mpp=mpp)


def test_groups_need_a_table(class_folders):
    message = f"{class_folders} has no CSV to read the groups from: leave the group column out"
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders, groups_column="slide")


@pytest.fixture
def demo(monkeypatch):
    """A stand-in for the synthetic tissue, which takes seconds to draw; it notes its seeds."""
    seeds = []

    def demo_data(seed=0):
        seeds.append(seed)
        images = np.zeros((4, SIZE, SIZE, 3), np.uint8)
        labels = np.array([0, 0, 1, 1], np.int64)
        return Crops(images, ("a", "b", "c", "d"), labels, ("x", "y"), mpp=0.25), Crops(images[:1], ("e",))

    module = ModuleType("nucleoscope.data.synthetic")
    module.demo_data = demo_data
    monkeypatch.setitem(sys.modules, "nucleoscope.data.synthetic", module)
    return seeds


def test_demo_is_synthetic_tissue(demo):
    found = read_dataset("demo", seed=3)
    assert demo == [3]
    assert found.crops.classes == ("x", "y")
    assert found.label_values == (0, 1)
    assert found.test.names == ("e",)
    assert (found.submission_names, found.notes) == (None, ())


@pytest.mark.parametrize(
    "option", [{"test": Path("x")}, {"classes": ("a", "b")}, {"mpp": 0.5}, {"groups_column": "slide"}]
)
def test_demo_takes_no_options(demo, option):
    message = "demo brings its own test set, class names, groups and mpp: leave these options out"
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        read_dataset("demo", **option)


def test_a_path_called_demo_is_a_folder(class_folders, demo, monkeypatch):
    class_folders.rename(class_folders.with_name("demo"))
    monkeypatch.chdir(class_folders.parent)
    for source in (Path("demo"), "./demo"):
        assert len(read_dataset(source).crops) == 5
    assert demo == []


@pytest.mark.realdata
def test_the_competition_is_read(kaggle, tmp_path):
    first = read_dataset(kaggle, cache=tmp_path, mpp=0.25)
    assert first.crops.size == (100, 100)
    np.testing.assert_array_equal(first.crops.class_counts(), [729, 3462, 679, 2690])
    assert first.label_values == (0, 1, 2, 3)
    assert first.crops.names[:2] == ("1.png", "2.png")
    assert len(first.test) == 300
    assert first.test.names == first.submission_names
    again = read_dataset(kaggle, cache=tmp_path, mpp=0.25)
    assert again.crops.fingerprint == first.crops.fingerprint
    assert again.test.fingerprint == first.test.fingerprint


@pytest.mark.realdata
def test_the_competitions_test_crops_can_be_predicted_alone(kaggle):
    crops = read_pictures(kaggle / "test.zip")
    assert crops.names[:2] == ("test/10001.png", "test/10002.png")
    assert len(crops) == 300
