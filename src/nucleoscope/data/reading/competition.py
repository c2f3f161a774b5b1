"""The layout of the competition: `train.csv` beside a folder or a zip of pictures, and perhaps a test set."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nucleoscope.data.reading.class_names import Naming, name_labels
from nucleoscope.data.reading.labelled import Labelled
from nucleoscope.data.reading.matching import match
from nucleoscope.data.reading.sources import PictureSource, SourceFile, is_picture, pictures
from nucleoscope.data.reading.tables import Row, read_table
from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError

LABELS_FILE = "train.csv"
EXAMPLE_FILE = "example.csv"
TEST_NAME = "test"


def find_labels_file(data: Path) -> Path | None:
    """The label table, if DATA is one or is a folder that holds `train.csv`."""
    if data.suffix.lower() == ".csv" and not data.is_dir():
        return data
    beside = data / LABELS_FILE
    return beside if beside.exists() else None


def find_pictures(table: Path) -> tuple[Path, tuple[str, ...]]:
    """Where the pictures of a label table are.

    The folder or zip that has the table's name or is called `train`; else the folder of the table.

    Returns:
        A folder or a zip, and notes.
    """
    for stem in dict.fromkeys((table.stem, "train")):
        folder, archive = table.with_name(stem), table.with_name(f"{stem}.zip")
        usable = folder.is_dir() and any(is_picture(path.name) for path in folder.rglob("*"))
        if usable and archive.exists():
            return folder, (f"the pictures were read from {stem}/, not from {archive.name} beside it",)
        if usable or archive.exists():
            return (folder if usable else archive), ()
    return table.parent, ()


def find_test(folder: Path) -> tuple[Path | None, tuple[str, ...]]:
    """The test set beside the labelled crops, `test/` or `test.zip`, if there is one, and notes."""
    unpacked, archive = folder / TEST_NAME, folder / f"{TEST_NAME}.zip"
    if unpacked.is_dir() and archive.exists():
        return unpacked, (f"the test set was read from {TEST_NAME}/, not from {archive.name} beside it",)
    return next(((path, ()) for path in (unpacked, archive) if path.exists()), (None, ()))


def find_example(test: Path) -> Path | None:
    """The form of a submission, `example.csv`, beside a test set."""
    example = test.parent / EXAMPLE_FILE
    return example if example.exists() else None


def read_labelled(
    table: Path, source: PictureSource, naming: Naming | None, groups_column: str | None = None
) -> Labelled:
    """Join a label table with its pictures; the crops have the order and names of the table.

    Raises:
        DataError: the table cannot be read, a label is not an integer, a picture is missing or ambiguous,
            or the class names do not fit.
    """
    rows = read_table(table, groups_column)
    row_labels = [_integer(table, row) for row in rows]
    label_values = tuple(sorted(set(row_labels)))
    candidates = _candidates(table, source)
    names = tuple(row.name for row in rows)
    files = match(names, candidates, table=table, place=source.path)
    classes, notes = name_labels(label_values, naming)
    position = {value: i for i, value in enumerate(label_values)}
    return Labelled(
        files=files,
        names=names,
        labels=np.array([position[label] for label in row_labels], dtype=np.int64),
        classes=classes,
        label_values=label_values,
        groups=tuple(row.group for row in rows) if groups_column else None,
        notes=notes + _left_out(candidates, files, table),
    )


def _candidates(table: Path, source: PictureSource) -> tuple[SourceFile, ...]:
    """The pictures of the source; without the test set, where it is the folder that holds everything."""
    found = pictures(source)
    if source.path != table.parent:
        return found
    return tuple(file for file in found if file.name.split("/")[0].casefold() != TEST_NAME)


def _left_out(candidates: Sequence[SourceFile], used: Sequence[SourceFile], table: Path) -> tuple[str, ...]:
    taken = {file.name for file in used}
    left = [file.name for file in candidates if file.name not in taken]
    if not left:
        return ()
    return (f"{counted(len(left), 'picture')} without a row in {table.name} left out: {listed(left)}",)


def _integer(table: Path, row: Row) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", row.label):
        raise DataError(
            f'{table}, line {row.line}: the label of {shown(row.name)} is "{shown(row.label)}"; expected an '
            "integer: number the classes, and name them in classes.json"
        )
    return int(row.label)
