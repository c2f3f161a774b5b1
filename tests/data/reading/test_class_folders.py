import re
import zipfile

import numpy as np
import pytest

from nucleoscope.data.reading import read_dataset
from nucleoscope.data.reading.class_folders import LAYOUTS
from nucleoscope.errors import DataError

from .tiny_pictures import pack, pixels, write_picture, write_table

NAMES = ("leukocyte/1.png", "leukocyte/2.png", "leukocyte/10.png", "muscle/3.png", "muscle/4.png")


def add_class(data, name, numbers=(5, 6)):
    for number in numbers:
        write_picture(data / name / f"{number}.png", number)


def test_layouts_are_told():
    assert LAYOUTS == (
        "expected train.csv (Filename,Label) beside train/ or train.zip, or a folder of PNG, JPEG, TIFF or BMP "
        "pictures for each class, also as a zip, or fields with a CSV (x,y,label) of the same name beside each, or the "
        "word demo"
    )


@pytest.mark.parametrize(
    "layout", [lambda data: data, pack, lambda data: pack(data, prefix="crops/"), lambda data: data.parent]
)
def test_folder_and_zip_give_the_same_even_in_a_folder_around_it(class_folders, layout):
    found = read_dataset(layout(class_folders))
    assert found.crops.names == NAMES
    assert found.crops.classes == ("leukocyte", "muscle")
    assert found.label_values == (0, 1)
    np.testing.assert_array_equal(found.crops.labels, [0, 0, 0, 1, 1])
    np.testing.assert_array_equal(found.crops.images, [pixels(number) for number in (1, 2, 10, 3, 4)])
    assert (found.test, found.submission_names, found.notes) == (None, None, ())


def test_deeper_folders_belong_to_their_class(class_folders):
    write_picture(class_folders / "muscle" / "slide 1" / "5.png", 5)
    found = read_dataset(class_folders)
    assert found.crops.names == (*NAMES, "muscle/slide 1/5.png")
    np.testing.assert_array_equal(found.crops.labels, [0, 0, 0, 1, 1, 1])


def test_folders_named_by_numbers_keep_these_as_labels(tmp_path):
    for number in (0, 2, 10):
        add_class(tmp_path, str(number))
    found = read_dataset(tmp_path, classes=("a", "b", "c"))
    assert found.label_values == (0, 2, 10)
    assert found.crops.classes == ("a", "b", "c")


def test_given_names_set_the_order_of_the_classes(class_folders):
    (class_folders / "classes.json").write_text('["muscle", "leukocyte"]')
    found = read_dataset(class_folders)
    assert found.crops.classes == ("muscle", "leukocyte")
    assert found.crops.names == NAMES[3:] + NAMES[:3]
    np.testing.assert_array_equal(found.crops.labels, [0, 0, 1, 1, 1])


def test_classes_json_is_read_from_a_zip_too(class_folders):
    (class_folders / "classes.json").write_text('{"muscle": "smooth muscle", "leukocyte": "immune leukocyte"}')
    found = read_dataset(pack(class_folders, prefix="crops/"))
    assert found.crops.classes == ("immune leukocyte", "smooth muscle")
    assert found.crops.names == NAMES


@pytest.mark.parametrize("layout", [lambda data: data, pack])
def test_a_folder_called_test_is_the_test_set(class_folders, layout):
    add_class(class_folders, "test", (8, 9))
    found = read_dataset(layout(class_folders))
    assert found.crops.classes == ("leukocyte", "muscle")
    assert found.test.names == ("8.png", "9.png")
    assert found.submission_names is None


@pytest.mark.parametrize("classes", [("leukocyte", "muscle", "test"), None])
def test_a_folder_called_test_is_a_class_if_the_names_say_so(class_folders, classes):
    add_class(class_folders, "test")
    if classes is None:
        (class_folders / "classes.json").write_text('{"leukocyte": "l", "muscle": "m", "test": "t"}')
    found = read_dataset(class_folders, classes=classes)
    assert len(found.crops.classes) == 3
    assert found.test is None


def test_a_zip_called_test_and_an_example_lie_beside(class_folders):
    add_class(class_folders.parent, "test", (8, 9))
    pack(class_folders.parent / "test", class_folders / "test.zip")
    write_table(class_folders / "example.csv", {"9.png": 0, "8.png": 0})
    found = read_dataset(class_folders)
    assert found.test.names == found.submission_names == ("9.png", "8.png")


def test_of_ready_made_splits_train_is_read(class_folders):
    data = class_folders.parent / "split"
    data.mkdir()
    class_folders.rename(data / "train")
    add_class(data, "val/muscle")
    add_class(data, "test/muscle", (7, 8))
    found = read_dataset(data)
    assert found.crops.names == NAMES
    assert found.test.names == ("7.png", "8.png")
    assert found.notes == ("val/ was left out: validation crops are split from train/",)


def test_what_is_in_no_class_is_a_note(class_folders):
    write_picture(class_folders / "overview.png", 5)
    (class_folders / "docs").mkdir()
    assert read_dataset(class_folders).notes == (
        "1 folder without pictures left out: docs/",
        "1 picture in no class folder left out: overview.png",
    )


def test_an_empty_test_folder_is_said(class_folders):
    (class_folders / "test").mkdir()
    message = (
        f"the test set {class_folders}/test holds no pictures; expected crops as PNG, JPEG, TIFF or BMP: "
        "add them or remove it"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders)


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(DataError, match=f"^{re.escape(f'{tmp_path} holds no pictures; {LAYOUTS}')}$"):
        read_dataset(tmp_path)


def test_an_empty_zip_is_said(tmp_path):
    path = tmp_path / "crops.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(DataError, match=f"^{re.escape(f'{path} holds no pictures; {LAYOUTS}')}$"):
        read_dataset(path)


def test_pictures_without_labels_are_said(tmp_path):
    write_picture(tmp_path / "1.png")
    message = f"{tmp_path} holds 1 picture but no labels; {LAYOUTS}"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(tmp_path)


def test_one_folder_is_no_class(tmp_path):
    add_class(tmp_path, "train")
    message = f'{tmp_path} has only one class folder, "train"; {LAYOUTS}'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(tmp_path)


def test_a_single_crop_of_a_class_is_said(class_folders):
    (class_folders / "muscle" / "4.png").unlink()
    message = f'{class_folders}: class "muscle" has 1 crop; every class needs at least 2: add crops or remove the class'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(class_folders)


@pytest.mark.parametrize("packed", [False, True])
def test_a_competition_inside_of_the_source_is_said(competition, packed):
    source = pack(competition) if packed else competition.parent
    inner = source / "train.csv" if packed else competition / "train.csv"
    message = (
        f"{inner} is a label table inside of what was given: give the folder that holds it instead, "
        "unpacked if it is in a zip"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(source)
