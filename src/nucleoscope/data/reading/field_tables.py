"""The table of a field, a CSV with the columns `x`, `y` and `label`: a row for each nucleus."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.columns import Columns, read_columns
from nucleoscope.errors import DataError

X_COLUMN, Y_COLUMN, LABEL_COLUMN, NAME_COLUMN, MPP_COLUMN = "x", "y", "label", "name", "mpp"


@dataclass(frozen=True)
class FieldTable:
    """N nuclei of one field.

    Attributes:
        columns: all there is about them.
        centres: (N, 2) float64 x, y in pixels of the field, x right, y down, 0 at its left or upper edge; finite.
        labels: N class names, none of them empty.
        names: N different names, or None where there is no column for them.
    """

    columns: Columns
    centres: NDArray[np.float64]
    labels: tuple[str, ...]
    names: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.labels)


def read_field_table(path: Path, content: bytes) -> FieldTable:
    """Read the table of a field.

    Args:
        path: where it is from, for messages.
        content: UTF-8, with or without a byte order mark; columns in any order.

    Returns:
        Its nuclei in the order of the rows; none, where it has a header and nothing else.

    Raises:
        DataError: it is empty, not UTF-8 or malformed, a column is missing, a coordinate is not a finite number, a
            label is missing, or a name is missing or there twice.
    """
    wanted = (X_COLUMN, Y_COLUMN, LABEL_COLUMN)
    columns = read_columns(path, content, wanted, (NAME_COLUMN, MPP_COLUMN), "nucleus")
    return FieldTable(
        columns,
        columns.centres((X_COLUMN, Y_COLUMN)),
        columns.filled(LABEL_COLUMN, "no label; expected the class of the nucleus in every row"),
        columns.unique_names(NAME_COLUMN) if NAME_COLUMN in columns.texts else None,
    )


def has_coordinates(content: bytes) -> bool:
    """Whether a CSV is a table of nuclei by its first line, with labels or without; it need not be valid."""
    header = content.partition(b"\n")[0].decode("utf-8-sig", errors="replace").casefold()
    return {X_COLUMN, Y_COLUMN} <= {cell.strip().strip('"') for cell in header.split(",")}


def check_inside(table: FieldTable, picture: str, size: tuple[int, int]) -> None:
    """Check that the nuclei of a table lie on its picture.

    Args:
        table: of the field.
        picture: name of its picture, for the message.
        size: width and height of the picture in pixels.

    Raises:
        DataError: one does not; none is ever dropped.
    """
    outside = np.flatnonzero(~((table.centres >= 0) & (table.centres <= size)).all(axis=1))
    if len(outside):
        x, y = table.centres[outside[0]].tolist()
        raise DataError(
            f"{table.columns.path}, line {table.columns.lines[outside[0]]}: the nucleus at x {x:g}, y {y:g} lies "
            f"outside of {picture}, which has {size[0]}x{size[1]} pixels; expected pixels of this picture: check the "
            "unit and the order of x and y"
        )
