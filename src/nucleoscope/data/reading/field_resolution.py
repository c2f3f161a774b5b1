"""The resolution of fields, and from it the size of the crops that are cut from them."""

import math
from collections.abc import Sequence
from pathlib import Path

from nucleoscope.data.crops import MAX_SIZE, MIN_SIZE
from nucleoscope.data.reading.field_tables import MPP_COLUMN, FieldTable
from nucleoscope.data.reading.wording import shown
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError

CROP_SIDE = 25.0
"""Micrometres that a crop shows in either direction, unless a size is given: 100 pixels at 0.25 um/pixel."""

_UNKNOWN_SIZE = 100  # pixels


def crop_size_for(mpp: float | None) -> tuple[int, tuple[str, ...]]:
    """The side of a crop in pixels that shows 25 um, and notes.

    It is even, so that the nucleus lies in the middle, and within what crops may measure.

    >>> crop_size_for(0.25)[0], crop_size_for(0.5)[0], crop_size_for(0.55)[0], crop_size_for(2.0)[0]
    (100, 50, 46, 24)
    """
    if mpp is None:
        return _UNKNOWN_SIZE, (
            f"the resolution is not known, so crops are {_UNKNOWN_SIZE} pixels wide; --mpp makes them {CROP_SIDE:g} um "
            "wide, --crop-size as wide as it says",
        )
    return min(max(2 * round(CROP_SIDE / mpp / 2), MIN_SIZE), MAX_SIZE), ()


def common_mpp(place: Path, tables: Sequence[FieldTable], asked: float | None) -> float | None:
    """The micrometres per pixel of all fields, from the option and the column `mpp` of their tables.

    Args:
        place: where the fields lie, for messages.
        tables: of the fields.
        asked: what the option says, if it was given.

    Returns:
        What was asked for, else the mean of the column, else None.

    Raises:
        DataError: a row is no resolution, or two disagree.
    """
    found = [(table.columns.path.name, mpp) for table in tables for mpp in _distinct(table)]
    if not found:
        return asked
    (low_name, low), (high_name, high) = min(found, key=lambda one: one[1]), max(found, key=lambda one: one[1])
    if not same_resolution(low, high):
        raise DataError(
            f"{place} has fields of {low:g} um/pixel ({low_name}) and of {high:g} ({high_name}); expected one "
            "resolution: bring crops of all fields to one with `nucleoscope crops`"
        )
    for name, mpp in found if asked else ():
        if not same_resolution(mpp, asked or mpp):
            raise DataError(
                f"{place} has fields of {mpp:g} um/pixel ({name}), but --mpp is {asked:g}; expected the same: leave "
                f"--mpp out, or correct the column {MPP_COLUMN}"
            )
    return asked or sum(mpp for _, mpp in found) / len(found)


def _distinct(table: FieldTable) -> list[float]:
    """The different values of the column, of rows that have one."""
    values: dict[str, float] = {}
    for line, text in zip(table.columns.lines, table.columns.texts.get(MPP_COLUMN, ()), strict=False):
        if text and text not in values:
            values[text] = _resolution(table.columns.path, line, text)
    return list(values.values())


def _resolution(path: Path, line: int, text: str) -> float:
    try:
        mpp = float(text)
    except ValueError:
        mpp = math.nan
    if not 0 < mpp < math.inf:
        raise DataError(
            f'{path}, line {line}: {MPP_COLUMN} is "{shown(text)}"; expected micrometres per pixel, such as 0.25'
        )
    return mpp
