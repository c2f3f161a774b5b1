"""Crops with a table that says where each was cut: `crops.csv`, as `nucleoscope crops` writes it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.mirror import corners_around
from nucleoscope.data.reading.class_folders import label_values
from nucleoscope.data.reading.class_names import Naming, name_folders
from nucleoscope.data.reading.columns import Columns, read_columns
from nucleoscope.data.reading.labelled import Labelled
from nucleoscope.data.reading.matching import match
from nucleoscope.data.reading.sources import PictureSource, SubfolderSource, natural_key, pictures
from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError
from nucleoscope.files import write_json

CROPS_FILE, RECORD_FILE = "crops.csv", "crops.json"
NAME, LABEL, FIELD, PATIENT, X, Y = HEADER = ("name", "label", "field", "patient", "x", "y")
"""Columns of `crops.csv`; x and y are the nucleus in pixels of its field, the others names."""

WRITER = "nucleoscope crops"


@dataclass(frozen=True)
class CropsRecord:
    """What `crops.json` says about the crops beside it.

    Attributes:
        size: side of a crop in pixels.
        mpp: micrometres per pixel of the crops.
        field_mpp: micrometres per pixel of each field, in which x and y are given.
        sources: for each field the files that it was made of, for a person.
        written_by: by this the folder is known to be ours.
    """

    size: int
    mpp: float
    field_mpp: Mapping[str, float]
    sources: Mapping[str, Sequence[str]]
    written_by: str = WRITER

    def write(self, path: Path) -> None:
        """Write the record in one step."""
        write_json(path, asdict(self))


def find_crop_table(source: PictureSource) -> PictureSource | None:
    """The source, or the single folder in it, that has a `crops.csv` at its top; None if there is none."""
    names = {file.name for file in source.files}
    if CROPS_FILE in names:
        return source
    folders = {name.split("/")[0] for name in names}
    inner = folders.pop() if len(folders) == 1 else None
    return SubfolderSource(source, inner) if inner and f"{inner}/{CROPS_FILE}" in names else None


def parse_record(content: bytes, where: Path) -> CropsRecord:
    """Read `crops.json`.

    Raises:
        DataError: it is not what `nucleoscope crops` writes.
    """
    try:
        values: Any = json.loads(content)
        record = CropsRecord(**values)
        valid = record.written_by == WRITER and record.size > 0 and record.mpp > 0
        valid = valid and all(mpp > 0 for mpp in record.field_mpp.values())
    except (ValueError, TypeError, AttributeError):
        valid = False
    if not valid:
        raise DataError(
            f"{where} is not what `{WRITER}` writes; expected the record of the crops beside it: cut them again, or "
            "remove it"
        )
    return record


def read_labelled(
    source: PictureSource, naming: Naming | None, groups_column: str | None = None, mpp: float | None = None
) -> tuple[Labelled, float | None]:
    """Join `crops.csv` with its crops; they have the order and names of the table.

    Where crops lie in their fields is known if there is a `crops.json`; else only pixels tell which they share.

    Args:
        source: a folder or a zip with the table at its top; only `name` and `label` must be in the table.
        naming: names of the classes, if anybody gave them.
        groups_column: column that says what a crop was cut from (patient, slide).
        mpp: micrometres per pixel of the crops, if the user says it.

    Returns:
        The crops, and their resolution if it is known.

    Raises:
        DataError: the table or the record cannot be used, a picture is missing or ambiguous, the class names do not
            fit, or another resolution was recorded.
    """
    path = source.path / CROPS_FILE
    table = read_columns(path, source.read(CROPS_FILE), (NAME, LABEL), (FIELD, X, Y), "crop")
    if not len(table):
        raise DataError(f"{path} has a header but no rows; expected one for each crop")
    record = _record(source)
    names = table.unique_names(NAME)
    texts = table.filled(LABEL, "no label; expected the class of the crop in every row")
    candidates = pictures(source)
    files = match(names, candidates, table=path, place=source.path)
    order, classes, notes = name_folders(sorted(set(texts), key=natural_key), naming, "label")
    position = {label: i for i, label in enumerate(order)}
    used = set(files)
    spare = [file.name for file in candidates if file not in used]
    left_out = (f"{counted(len(spare), 'picture')} without a row in {CROPS_FILE} left out: {listed(spare)}",)
    labelled = Labelled(
        files=files,
        names=names,
        labels=np.array([position[label] for label in texts], np.int64),
        classes=classes,
        label_values=label_values(order),
        groups=table.groups(groups_column) if groups_column else None,
        notes=notes + (left_out if spare else ()),
        places=_places(table, record),
    )
    return labelled, _resolution(source.path, record, mpp)


def _record(source: PictureSource) -> CropsRecord | None:
    if not any(file.name == RECORD_FILE for file in source.files):
        return None
    return parse_record(source.read(RECORD_FILE), source.path / RECORD_FILE)


def _resolution(place: Path, record: CropsRecord | None, asked: float | None) -> float | None:
    if record is None:
        return asked
    if asked is not None and not same_resolution(asked, record.mpp):
        raise DataError(
            f"{place / RECORD_FILE} says {record.mpp:g} um/pixel, but --mpp is {asked:g}; expected the same: leave "
            "--mpp out, or cut the crops again"
        )
    return record.mpp


def _places(table: Columns, record: CropsRecord | None) -> FieldPlaces | None:
    if FIELD not in table.texts:
        return None
    fields = table.filled(FIELD, "no field; expected the name of one in every row, or no such column")
    return FieldPlaces(fields, _corners(table, fields, record))


def _corners(table: Columns, fields: Sequence[str], record: CropsRecord | None) -> NDArray[np.int64] | None:
    """Where the crops lie, in their own pixels; None where that is not known of all."""
    if record is None or not {X, Y} <= set(table.texts) or not set(fields) <= set(record.field_mpp):
        return None
    # Pixels of a field to a pixel of its crops; what has nearly their resolution was not resampled.
    steps = {
        field: 1.0 if same_resolution(mpp, record.mpp) else record.mpp / mpp for field, mpp in record.field_mpp.items()
    }
    step = np.array([steps[field] for field in fields])
    return corners_around(table.centres((X, Y)) / step[:, None], (record.size, record.size))
