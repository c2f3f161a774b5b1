import re
import shutil

import numpy as np
import pytest

from nucleoscope.data.reading import read_dataset
from nucleoscope.data.reading.class_names import REFERENCE_CLASSES
from nucleoscope.errors import DataError

from .tiny_pictures import pack, pixels, write_picture, write_table

REFERENCE_NOTE = (
    "the labels 0 to 3 were taken for normal epithelium, cancer epithelium, muscle, immune leukocyte; "
    "if they are others, name them in classes.json"
)


def in_train(data):
    return data


def in_train_train(data):
    (data / "train").rename(data / "inner")
    (data / "train").mkdir()
    (data / "inner").rename(data / "train" / "train")
    return data


def beside_the_table(data):
    for path in (data / "train").iterdir():
        path.rename(data / path.name)
    (data / "train").rmdir()
    return data


def in_train_zip(data, prefix=""):
    pack(data / "train", prefix=prefix)
    shutil.rmtree(data / "train")
    return data


def in_train_zip_below_train(data):
    return in_train_zip(data, "train/")


def in_another_folder(data):
    (data / "train").rename(data / "crops")
    return data


def named_as_a_table(data):
    return data / "train.csv"


def with_a_table_of_another_name(data):
    (data / "train").rename(data / "ours")
    return (data / "train.csv").rename(data / "ours.csv")


LAYOUTS = (
    in_train,
    in_train_train,
    beside_the_table,
    in_train_zip,
    in_train_zip_below_train,
    in_another_folder,
    named_as_a_table,
    with_a_table_of_another_name,
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same(competition, layout):
    found = read_dataset(layout(competition))
    assert found.crops.names == tuple(f"{number}.png" for number in range(1, 13))
    np.testing.assert_array_equal(found.crops.images, [pixels(number) for number in range(1, 13)])
    np.testing.assert_array_equal(found.crops.labels, np.repeat(range(4), 3))
    assert found.crops.classes == REFERENCE_CLASSES
    assert found.label_values == (0, 1, 2, 3)
    assert found.test is None
    assert found.submission_names is None
    assert found.notes == (REFERENCE_NOTE,)


@pytest.mark.parametrize("packed", [False, True])
def test_the_test_set_lies_beside(competition_with_test, packed):
    if packed:
        pack(competition_with_test / "test", prefix="test/")
        shutil.rmtree(competition_with_test / "test")
    found = read_dataset(competition_with_test)
    names = ("103.png", "101.png", "104.png", "102.png")
    assert found.submission_names == found.test.names == names
    np.testing.assert_array_equal(found.test.images, [pixels(number) for number in (103, 101, 104, 102)])
    assert found.test.labels is None
    assert len(found.crops) == 12


def test_a_test_folder_among_loose_crops_is_not_labelled(competition_with_test):
    write_picture(competition_with_test / "test" / "1.png", 99)
    (competition_with_test / "example.csv").unlink()
    found = read_dataset(beside_the_table(competition_with_test))
    np.testing.assert_array_equal(found.crops.images[0], pixels(1))
    assert found.test.names == ("1.png", "101.png", "102.png", "103.png", "104.png")


def test_what_is_there_packed_and_unpacked_is_read_unpacked(competition_with_test):
    pack(competition_with_test / "train")
    pack(competition_with_test / "test")
    assert read_dataset(competition_with_test).notes == (
        "the pictures were read from train/, not from train.zip beside it",
        REFERENCE_NOTE,
        "the test set was read from test/, not from test.zip beside it",
    )


def test_an_empty_folder_beside_a_zip_does_not_hide_it(competition):
    in_train_zip(competition)
    (competition / "train").mkdir()
    assert len(read_dataset(competition).crops) == 12


def test_labels_need_not_be_contiguous(competition):
    write_table(competition / "train.csv", {f"{number}.png": (10, 7)[number % 2] for number in range(1, 13)})
    found = read_dataset(competition)
    assert found.label_values == (7, 10)
    assert found.crops.classes == ("class 7", "class 10")
    np.testing.assert_array_equal(found.crops.labels, [0, 1] * 6)


def test_classes_json_names_the_classes(competition):
    (competition / "classes.json").write_text('{"3": "d", "2": "c", "1": "b", "0": "a"}')
    found = read_dataset(competition)
    assert found.crops.classes == ("a", "b", "c", "d")
    assert found.notes == ()


def test_an_argument_wins_over_classes_json(competition):
    (competition / "classes.json").write_text("broken")
    assert read_dataset(competition, classes=("a", "b", "c", "d")).crops.classes == ("a", "b", "c", "d")


def test_a_column_gives_groups(competition):
    rows = [f"{number}.png,{number % 2},slide {number % 3}\n" for number in range(1, 13)]
    (competition / "train.csv").write_text("Filename,Label,slide\n" + "".join(rows))
    assert read_dataset(competition, groups_column="slide").crops.groups[:3] == ("slide 1", "slide 2", "slide 0")


def test_pictures_without_a_row_are_a_note(competition):
    for number in range(20, 25):
        write_picture(competition / "train" / f"{number}.png")
    assert (
        "5 pictures without a row in train.csv left out: 20.png, 21.png, 22.png and 2 more"
        in read_dataset(competition).notes
    )


def test_a_row_without_a_picture_is_said(competition):
    (competition / "train" / "5.png").unlink()
    message = (
        f"{competition}/train.csv names 1 crop without a picture in {competition}/train (5.png): "
        "add the pictures or remove the rows"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(competition)


def test_an_ambiguous_picture_is_said(competition):
    write_picture(competition / "train" / "old" / "5.png")
    message = (
        f"{competition}/train.csv names 5.png, but {competition}/train holds 2 pictures of this name "
        "(5.png, old/5.png): keep one, or name its folder in the table too"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(competition)


@pytest.mark.parametrize("label", ["muscle", "1.5", "", "٣", "1_0", "9" * 20])
def test_a_label_that_is_no_integer_is_said(competition, label):
    write_table(competition / "train.csv", {"1.png": 0, "2.png": label})
    message = (
        f'{competition}/train.csv, line 3: the label of 2.png is "{label}"; expected an integer: '
        "number the classes, and name them in classes.json"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(competition)


def test_a_folder_named_as_the_table_is_said(competition):
    (competition / "train.csv").unlink()
    (competition / "train.csv").mkdir()
    message = f"{competition}/train.csv is a folder; expected a CSV file"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(competition)


def test_one_class_is_said(competition):
    write_table(competition / "train.csv", {"1.png": 5, "2.png": 5})
    message = f'{competition}/train.csv has only one class, "class 5"; expected two or more: add crops of another'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        read_dataset(competition)
