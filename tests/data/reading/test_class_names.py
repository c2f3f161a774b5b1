import json
import re

import pytest

from nucleoscope.data.reading.class_names import (
    REFERENCE_CLASSES,
    Naming,
    name_folders,
    name_labels,
    naming_from_argument,
    naming_from_file,
    naming_from_json,
)
from nucleoscope.errors import DataError

LIST = Naming("classes", ("b", "a"))
OBJECT = Naming("classes.json", ("tumour", "stroma", "spare"), ("7", "2", "9"))


def test_a_naming_comes_from_a_list_or_an_object():
    assert naming_from_json(b'["a", "b"]', "x") == Naming("x", ("a", "b"))
    assert naming_from_json('\ufeff{"7": "a", "2": "b"}'.encode(), "x") == Naming("x", ("a", "b"), ("7", "2"))
    assert naming_from_argument(("a", "b")) == Naming("classes", ("a", "b"))
    assert naming_from_argument(None) is None


def test_a_naming_comes_from_a_file_if_there_is_one(tmp_path):
    assert naming_from_file(tmp_path) is None
    (tmp_path / "classes.json").write_text('["a", "b"]')
    assert naming_from_file(tmp_path) == Naming(str(tmp_path / "classes.json"), ("a", "b"))


@pytest.mark.parametrize("value", ["a", 3, None, [1, 2], {"0": 1}, [["a"]]])
def test_json_of_another_form_is_refused(value):
    message = (
        "classes.json has an unknown form; expected a list of names, or an object from label to name such as "
        '{"0": "muscle"}'
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        naming_from_json(json.dumps(value).encode(), "classes.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_what_is_not_json_is_refused(content):
    with pytest.raises(DataError, match=r"^classes.json is not valid JSON \(.*\): correct it$"):
        naming_from_json(content, "classes.json")


def test_a_folder_for_a_file_is_refused(tmp_path):
    (tmp_path / "classes.json").mkdir()
    message = f"{tmp_path}/classes.json cannot be read (Is a directory); expected a JSON file"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        naming_from_file(tmp_path)


def test_names_are_different_and_not_empty():
    with pytest.raises(DataError, match=r"^classes: the class name a is there twice; expected different names$"):
        naming_from_argument(("a", "b", "a"))
    with pytest.raises(DataError, match=r"^classes: a class name is empty; expected a name for each class$"):
        naming_from_argument(("a", " "))


def test_labels_without_names_are_named_by_their_values():
    assert name_labels([0, 1], None) == (("class 0", "class 1"), ())
    assert name_labels([-1, 5, 7], None) == (("class -1", "class 5", "class 7"), ())
    assert name_labels([0, 1, 2, 4], None)[0] == ("class 0", "class 1", "class 2", "class 4")


def test_labels_0_to_3_are_those_of_the_reference_task_and_this_is_said():
    assert name_labels([0, 1, 2, 3], None) == (
        REFERENCE_CLASSES,
        (
            "the labels 0 to 3 were taken for normal epithelium, cancer epithelium, muscle, immune leukocyte; "
            "if they are others, name them in classes.json",
        ),
    )


def test_a_list_names_labels_in_their_order():
    assert name_labels([2, 7], LIST) == (("b", "a"), ())


def test_an_object_names_labels_by_value():
    assert name_labels([2, 7], OBJECT) == (
        ("stroma", "tumour"),
        ("classes.json names 1 label that no crop has (9)",),
    )


def test_a_list_of_another_length_is_refused():
    message = "classes has 2 names for 3 labels (0, 1, 2); expected a name for each, in the order of the labels"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        name_labels([0, 1, 2], LIST)


def test_an_object_names_every_label():
    message = "classes.json names no label 3; expected a name for each of 3 labels: add what is missing"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        name_labels([2, 3, 7], OBJECT)


def test_folders_are_their_own_names():
    assert name_folders(["a", "b"], None) == (("a", "b"), ("a", "b"), ())


def test_a_list_of_the_folders_sets_their_order():
    assert name_folders(["a", "b"], LIST) == (("b", "a"), ("b", "a"), ())


def test_a_list_of_other_names_renames_the_folders():
    assert name_folders(["0", "1"], LIST) == (("0", "1"), ("b", "a"), ())


def test_an_object_renames_folders_by_name():
    assert name_folders(["2", "7"], OBJECT)[:2] == (("2", "7"), ("stroma", "tumour"))


def test_a_misspelled_folder_is_not_taken_for_a_new_name():
    message = (
        "classes has names that are no class folder (b) beside names that are; "
        "expected the folders (a, c) in any order, or new names for all of them"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        name_folders(["a", "c"], LIST)


def test_a_list_names_every_folder():
    message = "classes has 2 names for 3 class folders (a, b, c); expected a name for each"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        name_folders(["a", "b", "c"], LIST)


def test_an_object_names_every_folder():
    message = "classes.json names no class folder a; expected a name for each of 2 class folders: add what is missing"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        name_folders(["2", "a"], OBJECT)
