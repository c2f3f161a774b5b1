"""Fields with a CSV of nuclei beside each."""

import re

import numpy as np
import pytest

from nucleoscope.data.mirror import corners_around, cut_at
from nucleoscope.data.reading import read_dataset
from nucleoscope.errors import ConfigError, DataError

from .tiny_pictures import pack, pixels, write_picture

HEADER = "x,y,label"


def write_field(folder, name, rows, number=0, header=HEADER, side=64):
    write_picture(folder / f"{name}.png", number, size=side)
    (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


@pytest.fixture
def fields(tmp_path):
    """`a/10.png` and `a/2.png` with two nuclei of each of two classes."""
    folder = tmp_path / "data"
    write_field(folder / "a", "10", ["3,4,plasma", "60.6,30,stroma"], 1)
    write_field(folder / "a", "2", ["12,40,stroma", "31.5,32.5,plasma"], 2)
    (folder / "a" / "2.centres.csv").write_text("x,y\n1,2\n")
    return folder


def refused(folder, message, kind=DataError, **options):
    with pytest.raises(kind) as error:
        read_dataset(folder, **{"crop_size": 24} | options)
    assert str(error.value) == message


def test_crops_are_cut_around_every_nucleus_in_order(fields):
    found = read_dataset(fields, crop_size=24, mpp=0.5)
    crops = found.crops
    assert crops.names == ("a/2/1", "a/2/2", "a/10/1", "a/10/2")
    assert crops.classes == ("plasma", "stroma")
    assert crops.labels.tolist() == [1, 0, 0, 1]
    assert crops.mpp == 0.5
    assert crops.places.fields == ("a/2", "a/2", "a/10", "a/10")
    assert crops.places.corners.tolist() == [[0, 28], [20, 21], [-9, -8], [49, 18]]
    assert (crops.images[1] == pixels(2, 64)[21:45, 20:44]).all()
    padded = np.pad(pixels(1, 64), ((24, 24), (24, 24), (0, 0)), mode="reflect")
    assert (crops.images[2] == padded[16:40, 15:39]).all()
    assert found.notes == ()
    assert found.label_values == (0, 1)


def test_a_zip_gives_the_same_crops(fields):
    plain, packed = (read_dataset(path, crop_size=24).crops for path in (fields, pack(fields)))
    assert packed.fingerprint == plain.fingerprint
    assert packed.places.fields == plain.places.fields


@pytest.mark.parametrize(("mpp", "side"), [(0.25, 100), (0.55, 46), (0.04, 512)])
def test_without_a_size_crops_are_25_um_wide(fields, mpp, side):
    assert read_dataset(fields, mpp=mpp).crops.size == (side, side)


def test_an_unknown_resolution_is_said(fields):
    found = read_dataset(fields)
    assert found.crops.size == (100, 100)
    assert found.notes == (
        "the resolution is not known, so crops are 100 pixels wide; --mpp makes them 25 um wide, --crop-size as wide "
        "as it says",
    )


def test_the_resolution_may_be_a_column(fields):
    write_field(fields / "a", "2", ["12,40,stroma,0.5", "30,30,plasma,"], 2, "x,y,label,mpp")
    found = read_dataset(fields)
    assert (found.crops.mpp, found.crops.size) == (0.5, (50, 50))
    refused(
        fields,
        f"{fields} has fields of 0.5 um/pixel (2.csv), but --mpp is 0.25; expected the same: leave --mpp out, or "
        "correct the column mpp",
        mpp=0.25,
    )
    write_field(fields / "a", "10", ["3,4,plasma,0.25", "60,30,stroma,0.25"], 1, "x,y,label,mpp")
    refused(
        fields,
        f"{fields} has fields of 0.25 um/pixel (10.csv) and of 0.5 (2.csv); expected one resolution: bring crops of "
        "all fields to one with `nucleoscope crops`",
    )
    write_field(fields / "a", "10", ["3,4,plasma,fine", "60,30,stroma,0.25"], 1, "x,y,label,mpp")
    path = fields / "a" / "10.csv"
    refused(fields, f'{path}, line 2: mpp is "fine"; expected micrometres per pixel, such as 0.25')


def test_names_are_those_of_the_table_and_with_the_field_where_these_are_not_unique(fields):
    write_field(fields / "a", "2", ["12,40,stroma,n1", "31,32,plasma,n2"], 2, "x,y,label,name")
    assert read_dataset(fields, crop_size=24).crops.names == ("n1", "n2", "a/10/1", "a/10/2")
    write_field(fields / "a", "10", ["3,4,plasma,n1", "60,30,stroma,n3"], 1, "x,y,label,Name")
    assert read_dataset(fields, crop_size=24).crops.names == ("a/2/n1", "a/2/n2", "a/10/n1", "a/10/n3")
    write_field(fields / "a", "2", ["12,40,stroma,n1", "31,32,plasma,n1"], 2, "x,y,label,name")
    refused(
        fields,
        f"{fields}/a/2.csv has 1 name more than once (n1); expected every crop once: remove the doubled rows",
    )


def test_a_column_gives_groups(fields):
    for name, number in (("2", 2), ("10", 1)):
        rows = ["12,40,stroma,ann", f"31,32,plasma,p{number}"]
        write_field(fields / "a", name, rows, number, "x,y,label,patient")
    assert read_dataset(fields, crop_size=24, groups_column="patient").crops.groups == ("ann", "p2", "ann", "p1")
    refused(
        fields,
        f'{fields}/a/2.csv has the columns x, y, label, patient; expected "slide" among them, from which the groups '
        "are to be read",
        groups_column="slide",
    )


def test_labels_may_be_named_and_ordered(fields):
    assert read_dataset(fields, crop_size=24, classes=("stroma", "plasma")).crops.labels.tolist() == [0, 1, 1, 0]
    assert read_dataset(fields, crop_size=24, classes=("P", "S")).crops.classes == ("P", "S")
    refused(
        fields,
        "classes has names that are no label (tumour) beside names that are; expected the labels (plasma, stroma) in "
        "any order, or new names for all of them",
        classes=("stroma", "tumour"),
    )


def test_corrections_apply(fields, tmp_path):
    table = tmp_path / "labels.csv"
    table.write_text("name,corrected\na/2/1,plasma\na/10/1,drop\n")
    write_field(fields / "a", "2", ["12,40,stroma", "31.5,32.5,plasma", "9,9,stroma"], 2)
    crops = read_dataset(fields, crop_size=24, corrections=table).crops
    assert crops.names == ("a/2/1", "a/2/2", "a/2/3", "a/10/2")
    assert crops.labels.tolist() == [0, 0, 1, 1]
    assert crops.places.corners.tolist() == [[0, 28], [20, 21], [-3, -3], [49, 18]]


def test_fields_without_nuclei_are_counted(fields):
    write_field(fields, "empty", [], 3)
    assert read_dataset(fields, crop_size=24).notes == ("1 field without nuclei left out: empty",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", ' is empty; expected a header line "x,y,label" and a row a nucleus'),
        (
            "x,y,class\n1,2,a\n",
            ' has the columns x, y, class; expected "x", "y" and "label": name them so in the first line',
        ),
        (
            "x,y,label\n1,2,a\nnan,2,b\n",
            ', line 3: x is "nan"; expected a number of pixels, such as 103.5: correct or remove the row',
        ),
        (
            "x,y,label\n1,,a\n",
            ', line 2: y is ""; expected a number of pixels, such as 103.5: correct or remove the row',
        ),
        ("x,y,label\n1,2,\n", ", line 2: no label; expected the class of the nucleus in every row"),
        (
            "x,y,label\n1,2,a\n30,64.5,b\n",
            ", line 3: the nucleus at x 30, y 64.5 lies outside of a/2.png, which has 64x64 pixels; expected pixels "
            "of this picture: check the unit and the order of x and y",
        ),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(fields, content, message):
    path = fields / "a" / "2.csv"
    path.write_text(content)
    refused(fields, f"{path}{message}")


def test_a_picture_and_a_table_need_each_other(fields):
    (fields / "notes.csv").write_text("who,when\n")
    assert read_dataset(fields, crop_size=24).notes == ("1 CSV without coordinates left out: notes.csv",)
    (fields / "3.csv").write_text("x,y\n1,2\n")
    refused(
        fields,
        f"{fields} has 1 CSV of nuclei without a picture of the same name (3.csv); expected 3.png or the like: add the "
        "pictures or remove the CSVs",
    )
    write_picture(fields / "4.jpg", 3)
    refused(
        fields,
        f"{fields} has 1 picture without a CSV of the same name (4.jpg); expected x,y,label in 4.csv: add the CSVs or "
        "remove the pictures",
    )
    write_picture(fields / "4.png", 3)
    refused(fields, f"{fields} has 2 pictures for 4.csv (4.jpg, 4.png); expected one: keep one of them")


def test_the_same_picture_is_one_field(fields):
    write_field(fields, "twin", ["5,5,plasma"], 1)
    refused(
        fields,
        f"{fields} has the same picture as a/10.png and as twin.png; expected every field once: keep one, with all "
        "nuclei in its CSV",
    )


def test_classes_need_two_nuclei(fields):
    write_field(fields / "a", "2", ["12,40,stroma", "31.5,32.5,mitosis"], 2)
    refused(
        fields,
        f'{fields}: class "mitosis" has 1 crop; every class needs at least 2: add crops or remove the class',
    )


def test_fields_with_no_nucleus_at_all_are_refused(tmp_path):
    write_field(tmp_path, "1", [])
    refused(tmp_path, f"{tmp_path} has 1 field and no nucleus in their CSVs; expected a row a nucleus")


def test_a_crop_size_is_for_fields(class_folders):
    refused(
        class_folders,
        f"{class_folders} holds crops, which have their size; a crop size is for fields with a CSV of nuclei: leave it "
        "out",
        ConfigError,
    )
    refused(
        "demo",
        "demo holds crops, which have their size; a crop size is for fields with a CSV of nuclei: leave it out",
        ConfigError,
    )


def test_a_damaged_field_is_named(fields):
    (fields / "a" / "2.png").write_bytes(b"no picture")
    with pytest.raises(
        DataError, match=re.escape(f"{fields}/a/2.png cannot be decoded (not a PNG, JPEG, TIFF or BMP)")
    ):
        read_dataset(fields)


def test_a_csv_beside_class_folders_changes_nothing(class_folders):
    (class_folders / "muscle" / "counts.csv").write_text("slide,cells\n1,2\n")
    assert read_dataset(class_folders).crops.classes == ("leukocyte", "muscle")


@pytest.mark.parametrize("size", [(24, 24), (25, 24), (24, 31)])
def test_windows_are_those_of_the_mirrored_picture(size):
    image = pixels(5, 40)
    centres = np.array([[0.0, 0.0], [40.0, 40.0], [20.5, 20.4], [3, 39.6]])
    padded = np.pad(image, ((39, 39), (39, 39), (0, 0)), mode="reflect")
    corners = corners_around(centres, size)
    for window, (x, y) in zip(cut_at(image, corners, size), (corners + 39).tolist(), strict=True):
        assert (window == padded[y : y + size[0], x : x + size[1]]).all()
