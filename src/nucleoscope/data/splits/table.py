"""The table of a split, `split.csv`: the part and the tile of every crop."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.split import Part, Protocol, Split
from nucleoscope.errors import DataError, RunFolderError
from nucleoscope.files import write_csv

HEADER = ("name", "part", "tile")
"""Columns of `split.csv`."""


def write_split(path: Path, split: Split, names: Sequence[str]) -> None:
    """Write `split.csv`: a line for each of N crops, in their order, the tile empty where it is not known."""
    tiles = [""] * len(split) if split.tile is None else split.tile.tolist()
    write_csv(path, HEADER, zip(names, split.part_of().tolist(), tiles, strict=True))


def read_split(path: Path, names: Sequence[str], protocol: Protocol) -> Split:
    """Read `split.csv`, its lines in any order, and bring it into the order of these N crops.

    Args:
        path: a file that `write_split` wrote.
        names: N crop names, unique.
        protocol: the protocol that the split was made under; it is checked.

    Raises:
        RunFolderError: the file is missing, damaged or of other crops, or breaks the protocol.
    """
    lines = read_split_lines(path)
    absent = next((name for name in names if name not in lines), None)
    foreign = next(iter(lines.keys() - set(names)), None)
    if absent is not None or foreign is not None:
        found = f'no line for "{absent}"' if foreign is None else f'a line for "{foreign}", which the data has not'
        raise RunFolderError(f"{path} has {found}: use the data that the run was made with or start a new run")
    part_of = np.array([lines[name][0] for name in names])
    try:
        return Split.of_parts(protocol, part_of, _tiles([lines[name][1] for name in names]))
    except DataError as error:
        raise RunFolderError(f"{path} is not a valid split: {error}") from error


def _tiles(texts: Sequence[str]) -> NDArray[np.int64] | None:
    if not any(texts):
        return None
    if not all(texts):
        raise DataError("some crops have a tile and some have none; expected all or none")
    return np.array([int(text) for text in texts], np.int64)


def read_split_lines(path: Path) -> dict[str, tuple[str, str]]:
    """Part and tile of each name in a `split.csv`, as text; the tile empty where it is not known.

    Raises:
        RunFolderError: the file is missing or damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = list(csv.reader(stream)) or [[]]
    except FileNotFoundError as error:
        raise RunFolderError(f"there is no {path}; give the folder of a run, or start a new run") from error
    if tuple(header) != HEADER:
        raise RunFolderError(f'{path} starts with "{",".join(header)}"; expected "{",".join(HEADER)}"')
    lines: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        valid = len(row) == len(HEADER) and row[1] in list(Part) and (not row[2] or row[2].isdecimal())
        if not valid or row[0] in lines:
            raise RunFolderError(
                f'{path} has "{",".join(row)}" in line {number}; expected a name that no other line has, '
                "one of fit, select and val, and the number of a tile or nothing"
            )
        lines[row[0]] = (row[1], row[2])
    return lines
