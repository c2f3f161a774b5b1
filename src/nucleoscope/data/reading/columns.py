"""CSV files by their columns: nuclei of a field, or crops that were cut from fields."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.tables import check_names, lines_in
from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError


@dataclass(frozen=True)
class Columns:
    """N rows of a CSV.

    Attributes:
        path: of the file, for messages.
        lines: N lines in the file, from 1.
        texts: N stripped texts of each column, by its name: as it was asked for, or as written.
    """

    path: Path
    lines: tuple[int, ...]
    texts: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.lines)

    def filled(self, column: str, missing: str) -> tuple[str, ...]:
        """The texts of a column, none of them empty.

        Args:
            column: one that is there.
            missing: what is said of an empty one: what is not there, and what was expected.

        Raises:
            DataError: a row has nothing in this column.
        """
        for line, text in zip(self.lines, self.texts[column], strict=True):
            if not text:
                raise DataError(f"{self.path}, line {line}: {missing}")
        return self.texts[column]

    def unique_names(self, column: str) -> tuple[str, ...]:
        """The texts of a column that names the rows.

        Raises:
            DataError: a name is missing or there twice.
        """
        check_names(self.path, [_Named(*row) for row in zip(self.lines, self.texts[column], strict=True)])
        return self.texts[column]

    def groups(self, column: str) -> tuple[str, ...]:
        """The texts of a column that groups the rows.

        Raises:
            DataError: there is no such column, or a row has nothing in it.
        """
        if column not in self.texts:
            raise DataError(
                f'{self.path} has the columns {shown(", ".join(self.texts))}; expected "{shown(column)}" among them, '
                "from which the groups are to be read"
            )
        return self.filled(column, f'no "{column}"; expected a group in every row')

    def centres(self, columns: tuple[str, str]) -> NDArray[np.float64]:
        """Positions (N, 2) of nuclei in pixels, from two columns.

        Raises:
            DataError: one is not a finite number.
        """
        found = np.empty((len(self), 2), np.float64)
        for axis, column in enumerate(columns):
            for row, text in enumerate(self.texts[column]):
                found[row, axis] = value = _number(text)
                if not math.isfinite(value):
                    raise DataError(
                        f'{self.path}, line {self.lines[row]}: {column} is "{shown(text)}"; expected a number of '
                        "pixels, such as 103.5: correct or remove the row"
                    )
        return found


@dataclass(frozen=True)
class _Named:
    line: int
    name: str


def read_columns(path: Path, content: bytes, wanted: Sequence[str], optional: Sequence[str], row: str) -> Columns:
    """Read a CSV.

    Args:
        path: where it is from, for messages.
        content: UTF-8, with or without a byte order mark; columns in any order.
        wanted: columns that must be there, in whatever case.
        optional: columns that may be there, in whatever case; of all others the case is as written.
        row: what a row is about, for messages.

    Raises:
        DataError: it is empty, not UTF-8 or malformed, or a column is missing.
    """
    lines = lines_in(io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline=""), path)
    _, cells = next(lines, (0, []))
    header = [cell.strip() for cell in cells]
    if not header:
        raise DataError(f'{path} is empty; expected a header line "{",".join(wanted)}" and a row a {row}')
    lowered = [cell.casefold() for cell in header]
    if not set(wanted) <= set(lowered):
        raise DataError(
            f"{path} has the columns {shown(', '.join(header))}; expected {_quoted(wanted)}: name them so in the first "
            "line"
        )
    ours = {*wanted, *optional}
    places = {low if low in ours else name: at for at, (name, low) in enumerate(zip(header, lowered, strict=True))}
    rows = list(lines)
    texts = {name: tuple(_cell(cells, at) for _, cells in rows) for name, at in places.items()}
    return Columns(path, tuple(line for line, _ in rows), texts)


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip() if at < len(cells) else ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _quoted(names: Sequence[str]) -> str:
    *first, last = (f'"{name}"' for name in names)
    return f"{', '.join(first)} and {last}"
