"""Corrections of labels: a CSV that says of some crops what class they are, or that they are to be left out."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.tables import check_names, read_lines
from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError

NAME_COLUMN = "name"
CORRECTED_COLUMN = "corrected"
DROP = "drop"

_DROPPED = -1  # the label of a dropped crop on the way


@dataclass(frozen=True)
class Correction:
    """What one row asks for.

    Attributes:
        line: its line in the file, from 1; where a row spans several, the last of them.
        name: the crop's name.
        corrected: a class name, the label of a class, or "drop"; empty leaves the crop as it is.
    """

    line: int
    name: str
    corrected: str


@dataclass(frozen=True)
class Corrected:
    """Labels after the corrections.

    Attributes:
        labels: (M,) int64 in 0..C-1, of the crops that stay.
        kept: (M,) int64 positions of these crops, ascending.
        note: how many labels changed and how many crops were dropped, in a sentence.
    """

    labels: NDArray[np.int64]
    kept: NDArray[np.int64]
    note: str


def read_corrections(path: Path) -> list[Correction]:
    """Read the rows of a CSV with the columns `name` and `corrected`; other columns are ignored.

    The `labels.csv` that `nucleoscope review` writes is such a file.

    Args:
        path: UTF-8, with or without a byte order mark; columns in any order.

    Raises:
        DataError: it is missing, not a file, not UTF-8, empty, malformed, without a column or a name, or with a
            name twice.
    """
    lines = read_lines(path)
    _, header = next(lines, (0, []))
    columns = [cell.strip().casefold() for cell in header]
    if not {NAME_COLUMN, CORRECTED_COLUMN} <= set(columns):
        found = f"has the columns {shown(', '.join(cell.strip() for cell in header))}" if header else "is empty"
        raise DataError(
            f'{path} {found}; expected "{NAME_COLUMN}" and "{CORRECTED_COLUMN}": name them so in the first line'
        )
    name, corrected = columns.index(NAME_COLUMN), columns.index(CORRECTED_COLUMN)
    rows = [
        Correction(line, *(cells[at].strip() if at < len(cells) else "" for at in (name, corrected)))
        for line, cells in lines
    ]
    check_names(path, rows)
    return rows


def apply_corrections(
    path: Path,
    names: Sequence[str],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    label_values: Sequence[int],
) -> Corrected:
    """Read a file of corrections and apply it.

    A correction is taken for the name of a class first, then for a label, then for the word "drop".

    Args:
        path: of the CSV.
        names: N unique names of crops.
        labels: (N,) int64 in 0..C-1.
        classes: C names.
        label_values: C labels as they are in the user's files.

    Raises:
        DataError: as `read_corrections`, or a crop or a class is unknown.
    """
    rows = read_corrections(path)
    position = {name: i for i, name in enumerate(names)}
    _check_known(path, rows, position)
    meaning = {DROP: _DROPPED, **{str(value): i for i, value in enumerate(label_values)}}
    meaning |= {name: i for i, name in enumerate(classes)}
    corrected = labels.copy()
    for row in rows:
        if row.corrected:
            if row.corrected not in meaning:
                raise _unknown_class(path, row, classes)
            corrected[position[row.name]] = meaning[row.corrected]
    kept = np.flatnonzero(corrected != _DROPPED)
    dropped = len(labels) - len(kept)
    changed = int((corrected != labels).sum()) - dropped
    note = f"{counted(changed, 'label')} corrected, {counted(dropped, 'crop')} dropped as {path} says"
    return Corrected(corrected[kept], kept, note)


def _check_known(path: Path, rows: Sequence[Correction], known: Container[str]) -> None:
    unknown = [row.name for row in rows if row.name not in known]
    if unknown:
        raise DataError(
            f"{path} names {counted(len(unknown), 'crop')} that the data does not have ({listed(unknown)}); "
            "expected names of labelled crops: correct or remove these rows"
        )


def _unknown_class(path: Path, row: Correction, classes: Sequence[str]) -> DataError:
    return DataError(
        f'{path}, line {row.line}: {shown(row.name)} is corrected to "{shown(row.corrected)}", which is no class; '
        f"expected one of {', '.join(shown(name) for name in classes)}, its label, or {DROP}"
    )
