"""CSV files with the columns `Filename` and `Label`: a label table, or the form of a submission."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError

NAME_COLUMN = "Filename"
LABEL_COLUMN = "Label"


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes:
        line: its line in the file, from 1; where a row spans several, the last of them.
        name: the picture's name as written.
        label: the text of the label, perhaps empty.
        group: the text of the group column, empty without one.
    """

    line: int
    name: str
    label: str
    group: str


class NamedRow(Protocol):
    """A row of any table that is about a crop."""

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""

    @property
    def name(self) -> str:
        """The crop's name as written."""


def read_table(path: Path, groups_column: str | None = None) -> list[Row]:
    """Read a table; names in it are unique.

    Args:
        path: UTF-8, with or without a byte order mark; columns in any order, other columns are ignored.
        groups_column: a further column to read.

    Raises:
        DataError: it is missing, not a file, not UTF-8, empty, malformed, without a column, a name or a
            group, or with a name twice.
    """
    lines = read_lines(path)
    header_line = next(lines, None)
    if header_line is None:
        raise DataError(f'{path} is empty; expected a header line "{NAME_COLUMN},{LABEL_COLUMN}" and a row a crop')
    columns = _find_columns(path, header_line[1], groups_column)
    rows = [Row(line, *(_cell(cells, column) for column in columns)) for line, cells in lines]
    if not rows:
        raise DataError(f"{path} has a header but no rows; expected one for each crop")
    check_names(path, rows)
    if groups_column:
        _check_groups(path, rows, groups_column)
    return rows


def read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of all lines that are not blank.

    Raises:
        DataError: the file is missing, not a file, not UTF-8 or not valid CSV.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from lines_in(stream, path)
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; expected a CSV file") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path") from error


def lines_in(stream: TextIO, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells of all lines of an open CSV that are not blank; see `read_lines`.

    Args:
        stream: opened with `newline=""`.
        path: where it is from, for messages.

    Raises:
        DataError: it is not UTF-8 or not valid CSV.
    """
    reader = csv.reader(stream, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: not valid CSV ({error}): correct the line") from error
    except UnicodeDecodeError as error:
        raise DataError(f'{path} is not UTF-8 text: save it as "CSV UTF-8"') from error


def _find_columns(path: Path, header: list[str], groups_column: str | None) -> tuple[int | None, ...]:
    """Positions of name, label and group, whatever the case of the first two."""
    found = [cell.strip() for cell in header]
    lowered = [cell.casefold() for cell in found]
    wanted = [NAME_COLUMN.casefold(), LABEL_COLUMN.casefold()]
    if not set(wanted) <= set(lowered):
        raise DataError(
            f'{path} has the columns {shown(", ".join(found))}; expected "{NAME_COLUMN}" and '
            f'"{LABEL_COLUMN}": name them so in the first line'
        )
    if groups_column and groups_column not in found:
        raise DataError(
            f'{path} has the columns {shown(", ".join(found))}; expected "{shown(groups_column)}" among '
            "them, from which the groups are to be read"
        )
    group = found.index(groups_column) if groups_column else None
    return (*(lowered.index(column) for column in wanted), group)


def _cell(cells: list[str], column: int | None) -> str:
    return "" if column is None or column >= len(cells) else cells[column].strip()


def check_names(path: Path, rows: Sequence[NamedRow]) -> None:
    """Check that every row has a name, and no two the same.

    Raises:
        DataError: a name is missing or there twice.
    """
    seen: set[str] = set()
    doubled: dict[str, None] = {}
    for row in rows:
        if not row.name:
            raise DataError(f"{path}, line {row.line}: no file name; expected one in every row")
        if row.name in seen:
            doubled[row.name] = None
        seen.add(row.name)
    if doubled:
        raise DataError(
            f"{path} has {counted(len(doubled), 'name')} more than once ({listed(list(doubled))}); "
            "expected every crop once: remove the doubled rows"
        )


def _check_groups(path: Path, rows: list[Row], groups_column: str) -> None:
    for row in rows:
        if not row.group:
            raise DataError(f'{path}, line {row.line}: no "{groups_column}"; expected a group in every row')
