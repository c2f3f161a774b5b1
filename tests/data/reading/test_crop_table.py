"""Crops with `crops.csv`, as `nucleoscope crops` writes them or a person does."""

import numpy as np
import pytest

from nucleoscope.data.reading import read_dataset
from nucleoscope.data.reading.crop_table import CropsRecord
from nucleoscope.errors import DataError

from .tiny_pictures import pack, write_picture

ROWS = (
    "1.png,plasma,f1,ann,10,12.4",
    "f/2.png,stroma,f1,ann,22,12",
    "3.png,plasma,f2,bob,40,40",
    "4.png,stroma,f2,bob,40.2,41",
)


def write_rows(folder, rows, header="name,label,field,patient,x,y"):
    (folder / "crops.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def crops(tmp_path):
    folder = tmp_path / "crops"
    for number in (1, 3, 4):
        write_picture(folder / f"{number}.png", number)
    write_picture(folder / "f" / "2.png", 2)
    write_rows(folder, ROWS)
    CropsRecord(24, 0.5, {"f1": 0.25, "f2": 0.502}, {}).write(folder / "crops.json")
    return folder


def refused(folder, message, **options):
    with pytest.raises(DataError) as error:
        read_dataset(folder, **options)
    assert str(error.value) == message


def test_crops_know_their_fields_places_groups_and_resolution(crops):
    found = read_dataset(crops, groups_column="patient").crops
    assert found.names == ("1.png", "f/2.png", "3.png", "4.png")
    assert (found.classes, found.labels.tolist(), found.mpp) == (("plasma", "stroma"), [0, 1, 0, 1], 0.5)
    assert found.groups == ("ann", "ann", "bob", "bob")
    assert found.places.fields == ("f1", "f1", "f2", "f2")
    # f1 was halved; f2 has the resolution of the crops but for half a percent.
    assert found.places.corners.tolist() == [[5 - 12, 6 - 12], [11 - 12, 6 - 12], [28, 28], [28, 29]]


def test_the_table_itself_and_a_zip_name_the_same_data(crops):
    wanted = read_dataset(crops).crops.fingerprint
    for path in (crops / "crops.csv", pack(crops), pack(crops, crops.with_name("in.zip"), "inner/")):
        assert read_dataset(path).crops.fingerprint == wanted


def test_without_the_record_only_fields_are_known(crops):
    (crops / "crops.json").unlink()
    found = read_dataset(crops, mpp=0.3).crops
    assert found.mpp == 0.3
    assert found.places.corners is None
    assert found.places.fields == ("f1", "f1", "f2", "f2")


def test_a_name_and_a_label_are_enough(crops):
    (crops / "crops.json").unlink()
    write_rows(crops, [",".join(row.split(",")[:2]) for row in ROWS[:4]], "Name,Label")
    found = read_dataset(crops).crops
    assert found.places is None
    np.testing.assert_array_equal(found.labels, [0, 1, 0, 1])


def test_another_resolution_is_refused(crops):
    assert read_dataset(crops, mpp=0.501).crops.mpp == 0.5
    refused(
        crops,
        f"{crops}/crops.json says 0.5 um/pixel, but --mpp is 0.25; expected the same: leave --mpp out, or cut the "
        "crops again",
        mpp=0.25,
    )


def test_crops_without_a_row_are_said(crops):
    write_picture(crops / "9.png", 9)
    assert read_dataset(crops).notes == ("1 picture without a row in crops.csv left out: 9.png",)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"size": 24}', '{"size": 24, "mpp": 0, "field_mpp": {}, "sources": {}}']
)
def test_another_record_is_refused(crops, content):
    (crops / "crops.json").write_text(content)
    refused(
        crops,
        f"{crops}/crops.json is not what `nucleoscope crops` writes; expected the record of the crops beside it: cut "
        "them again, or remove it",
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), " has a header but no rows; expected one for each crop"),
        (("1.png,,f1,,1,2",), ", line 2: no label; expected the class of the crop in every row"),
        (("1.png,a,,,1,2",), ", line 2: no field; expected the name of one in every row, or no such column"),
        (
            ("1.png,a,f1,,1,inf",),
            ', line 2: y is "inf"; expected a number of pixels, such as 103.5: correct or remove the row',
        ),
        (
            ("1.png,a,f1,,1,1", "1.png,b,f1,,1,1"),
            " has 1 name more than once (1.png); expected every crop once: remove the doubled rows",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(crops, rows, message):
    write_rows(crops, rows)
    refused(crops, f"{crops}/crops.csv{message}")


def test_a_group_is_needed_of_every_crop(crops):
    write_rows(crops, [*ROWS[:3], "4.png,stroma,f2,,40.2,41"])
    refused(crops, f'{crops}/crops.csv, line 5: no "patient"; expected a group in every row', groups_column="patient")
