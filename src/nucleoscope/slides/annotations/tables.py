"""Labelled nuclei from `x,y,label` CSVs, and from what else `open_nuclei` reads, above all QuPath's GeoJSON."""

from collections import Counter
from pathlib import Path

import numpy as np

from nucleoscope.data.reading.crop_table import PATIENT
from nucleoscope.data.reading.field_tables import check_inside, read_field_table
from nucleoscope.errors import DataError
from nucleoscope.slides.annotations.labelled_nuclei import WITHOUT_CLASS, LabelledNuclei
from nucleoscope.slides.nuclei.nucleus_file import summarised
from nucleoscope.slides.nuclei.opening import open_nuclei
from nucleoscope.slides.results import UNSURE

_IGNORED = "nuclei of an ignored class (QuPath marks it with *)"
_UNSURE = "nuclei that `classify` left unsure"


def read_table(path: Path, content: bytes, image: Path, size: tuple[int, int]) -> LabelledNuclei:
    """Nuclei of a CSV `x,y,label`, with `patient` where it has that column.

    Args:
        path: of the CSV.
        content: of the CSV.
        image: that it is about, for messages.
        size: width and height of the image in pixels.

    Raises:
        DataError: the table cannot be used, or a nucleus lies outside of the image.
    """
    table = read_field_table(path, content)
    check_inside(table, image.name, size)
    return LabelledNuclei("CSV", table.centres, table.labels, table.columns.texts.get(PATIENT))


def read_objects(path: Path, mpp: float, size: tuple[int, int]) -> LabelledNuclei:
    """Nuclei of a file that `open_nuclei` reads, with the classes that it gives them.

    Nuclei without a class, of a class that QuPath ignores, that `nucleoscope classify` gave none, or outside of the
    image are counted.

    Args:
        path: GeoJSON, or what else has classes.
        mpp: of the image.
        size: width and height of the image in pixels.

    Raises:
        DataError: it cannot be read, none of its nuclei has a class, or most lie outside of the image.
    """
    nuclei = open_nuclei(path, mpp).within(size)
    skipped = Counter(nuclei.skipped)
    kept, labels = [], []
    for position, nucleus in enumerate(nuclei):
        if not nucleus.label:
            skipped[WITHOUT_CLASS] += 1
        elif nucleus.label.endswith("*"):
            skipped[_IGNORED] += 1
        elif nucleus.label.startswith(f"{UNSURE}: "):
            skipped[_UNSURE] += 1
        else:
            kept.append(position)
            labels.append(nucleus.label)
    if len(nuclei) and not kept:
        raise DataError(
            f"{path} ({nuclei.kind}) has no nucleus to train on: {summarised(skipped)}; expected a class of each: set "
            "their classes in QuPath and export again"
        )
    return LabelledNuclei(nuclei.kind, nuclei.centres[np.array(kept, np.int64)], tuple(labels), skipped=dict(skipped))
