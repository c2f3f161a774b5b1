import re
from pathlib import Path

import numpy as np
import pytest

from nucleoscope.data.reading.labelled import Labelled, check_classes
from nucleoscope.errors import DataError


def labelled(labels, classes):
    return Labelled(
        files=(), names=(), labels=np.array(labels, np.int64), classes=classes, label_values=tuple(range(len(classes)))
    )


def test_two_crops_of_each_of_two_classes_are_enough():
    check_classes(labelled([0, 1, 1, 0], ("a", "b")), Path("train.csv"))


def test_one_class_is_refused():
    message = 'train.csv has only one class, "muscle"; expected two or more: add crops of another'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_classes(labelled([0, 0], ("muscle",)), Path("train.csv"))


def test_a_single_crop_of_a_class_is_refused():
    message = 'train.csv: class "muscle" has 1 crop; every class needs at least 2: add crops or remove the class'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_classes(labelled([0, 0, 1], ("stroma", "muscle")), Path("train.csv"))
