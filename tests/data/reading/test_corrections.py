import re
from pathlib import Path

import numpy as np
import pytest

from nucleoscope.data.reading import read_dataset
from nucleoscope.data.reading.corrections import Correction, apply_corrections, read_corrections
from nucleoscope.errors import DataError

NAMES = ("1.png", "2.png", "3.png", "4.png")
LABELS = np.array([0, 0, 1, 1])
CLASSES = ("muscle", "immune leukocyte")
VALUES = (3, 7)


@pytest.fixture
def table(tmp_path):
    return tmp_path / "labels.csv"


def apply(table, content):
    table.write_text(content)
    return apply_corrections(table, NAMES, LABELS, CLASSES, VALUES)


def test_rows_carry_their_line_and_other_columns_are_ignored(table):
    table.write_text("\ufeffcorrected,quality,Name\n drop ,0.1,1.png\n\n,0.2, 2.png\n")
    assert read_corrections(table) == [Correction(2, "1.png", "drop"), Correction(4, "2.png", "")]


def test_a_class_name_a_label_or_drop_says_what_to_do(table):
    found = apply(table, "name,corrected\n1.png,immune leukocyte\n2.png,7\n3.png,drop\n4.png,\n")
    assert found.labels.tolist() == [1, 1, 1]
    assert found.kept.tolist() == [0, 1, 3]
    assert found.note == f"2 labels corrected, 1 crop dropped as {table} says"
    assert LABELS.tolist() == [0, 0, 1, 1]  # what was given is left alone


def test_a_label_that_is_confirmed_is_not_counted(table):
    assert apply(table, "name,corrected\n1.png,muscle\n").note == f"0 labels corrected, 0 crops dropped as {table} says"


def test_a_class_that_is_called_like_a_label_or_drop_is_meant_before_these(table):
    table.write_text("name,corrected\n1.png,7\n3.png,drop\n")
    found = apply_corrections(table, NAMES, LABELS, ("7", "drop"), VALUES)
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.kept.tolist() == [0, 1, 2, 3]


ERRORS = {
    "": '{table} is empty; expected "name" and "corrected": name them so in the first line',
    "name,label\n1.png,muscle\n": (
        '{table} has the columns name, label; expected "name" and "corrected": name them so in the first line'
    ),
    "name;corrected\n1.png;muscle\n": (
        '{table} has the columns name;corrected; expected "name" and "corrected": name them so in the first line'
    ),
    "name,corrected\n1.png,muscle\n1.png,\n": (
        "{table} has 1 name more than once (1.png); expected every crop once: remove the doubled rows"
    ),
    "name,corrected\n,muscle\n": "{table}, line 2: no file name; expected one in every row",
    "name,corrected\n1.png,muscle\n5.png,muscle\n6.png,\n": (
        "{table} names 2 crops that the data does not have (5.png, 6.png); expected names of labelled crops: "
        "correct or remove these rows"
    ),
    "name,corrected\n1.png,\n2.png,Muscle\n": (
        '{table}, line 3: 2.png is corrected to "Muscle", which is no class; expected one of muscle, '
        "immune leukocyte, its label, or drop"
    ),
}


@pytest.mark.parametrize("content", ERRORS)
def test_what_cannot_be_used_is_said(table, content):
    with pytest.raises(DataError, match=f"^{re.escape(ERRORS[content].format(table=table))}$"):
        apply(table, content)


def test_a_missing_file_is_said(table):
    with pytest.raises(DataError) as error:
        read_corrections(table)
    assert str(error.value) == f"{table} cannot be read (No such file or directory): check the path"


def test_a_competition_is_read_with_corrections(competition, table):
    table.write_text("name,corrected\n1.png,muscle\n4.png,drop\n12.png,0\n")
    before, after = read_dataset(competition), read_dataset(competition, corrections=table)
    kept = [i for i in range(12) if i != 3]
    assert after.crops.names == tuple(before.crops.names[i] for i in kept)
    assert np.array_equal(after.crops.images, before.crops.images[kept])
    expected = before.crops.targets()[kept]
    expected[[0, -1]] = 2, 0
    assert np.array_equal(after.crops.targets(), expected)
    assert after.crops.classes == before.crops.classes
    assert after.notes == (*before.notes, f"2 labels corrected, 1 crop dropped as {table} says")
    assert after.crops.fingerprint != before.crops.fingerprint


def test_groups_follow_their_crops(competition, table):
    rows = (competition / "train.csv").read_text().splitlines()
    lines = [f"{rows[0]},patient", *(f"{row},{row.split('.')[0]}" for row in rows[1:])]
    (competition / "train.csv").write_text("\n".join(lines))
    table.write_text("name,corrected\n2.png,drop\n")
    crops = read_dataset(competition, groups_column="patient", corrections=table).crops
    assert [f"{group}.png" for group in crops.groups] == list(crops.names)


def test_class_folders_are_read_with_corrections(class_folders, table):
    names = read_dataset(class_folders).crops.names
    table.write_text(f"name,corrected\n{names[0]},muscle\n")
    assert read_dataset(class_folders, corrections=table).crops.targets().tolist() == [1, 0, 0, 1, 1]


def test_the_demo_is_read_with_corrections(table, monkeypatch):
    monkeypatch.setattr("nucleoscope.data.synthetic.demo.FIELDS", 4)  # of sixteen, which take seconds to draw
    before = read_dataset("demo")
    names = before.crops.names
    table.write_text(f"name,corrected\n{names[0]},drop\n{names[1]},{before.crops.classes[2]}\n")
    after = read_dataset("demo", corrections=table)
    assert after.crops.names == names[1:]
    assert after.crops.targets()[0] == 2
    assert after.notes == (f"1 label corrected, 1 crop dropped as {table} says",)


@pytest.mark.parametrize("label", [0, 3])
def test_a_class_of_which_every_crop_is_dropped_is_said(competition, table, label):
    table.write_text("name,corrected\n" + "".join(f"{3 * label + n}.png,drop\n" for n in (1, 2, 3)))
    name = read_dataset(competition).crops.classes[label]
    with pytest.raises(DataError) as error:
        read_dataset(competition, corrections=table)
    assert str(error.value) == (
        f'{Path(competition) / "train.csv"}: class "{name}" has 0 crops; every class needs at least 2: add crops or '
        "remove the class"
    )
