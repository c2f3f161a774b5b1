"""Nuclei from a table: `x` and `y` in pixels, and `id` and `label` where it has them; QuPath's measurements too."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.data.reading.wording import listed, shown
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.nuclei.compressed import open_bytes
from nucleoscope.slides.nuclei.geojson_objects import Found
from nucleoscope.slides.nuclei.nucleus_file import FORMATS
from nucleoscope.slides.results import Nucleus

_PLACES = (("x", "y"), ("centroid x px", "centroid y px"))
_PLACES_UM = (("centroid x µm", "centroid y µm"), ("centroid x μm", "centroid y μm"))  # two letters that look alike
_IDENTITIES = ("id", "object id")
_JSON = {".json", ".geojson"}
_LABELS = ("label", "classification", "class", "predicted")


@dataclass(frozen=True)
class _Columns:
    """Positions of the columns, and what a number in them is times to be in pixels."""

    x: int
    y: int
    scale: float
    identity: int | None
    label: int | None


@dataclass(frozen=True)
class TableReader:
    """Reads a CSV, or a text with tabs or semicolons for commas.

    Attributes:
        path: of the file.
        mpp: um per pixel of its image, if known.
    """

    path: Path
    mpp: float | None
    kind = "table"

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei in file order; rows without a place are counted in `skipped`.

        Raises:
            DataError: the file is no table of nuclei, or has something else where a number should be.
            ConfigError: the places are in um, and the resolution is not known.
        """
        rows = self._rows()
        _, header = next(rows, (0, []))
        columns = self._columns(header)
        for number, (line, cells) in enumerate(rows, start=1):
            if len(cells) != len(header):
                raise DataError(f"{self.path}, line {line}: {len(cells)} cells; expected {len(header)}, as in line 1")
            x, y = (self._number(cells[column], header[column], line) for column in (columns.x, columns.y))
            if not (math.isfinite(x) and math.isfinite(y)):
                skipped["rows without a place"] += 1
                continue
            identity = cells[columns.identity].strip() if columns.identity is not None else ""
            label = cells[columns.label].strip() if columns.label is not None else ""
            scale = columns.scale
            yield Found(Nucleus(identity or str(number), x * scale, y * scale, label=label or None))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line numbers and cells of all lines that are not blank."""
        reader = None
        try:
            with open_bytes(self.path) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="") as text:
                first = text.readline()
                delimiter = max(",\t;", key=first.count)
                reader = csv.reader(_chained(first, text), delimiter=delimiter, strict=True)
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield reader.line_num, cells
        except csv.Error as error:
            line = reader.line_num if reader else 1
            raise DataError(f"{self.path}, line {line}: not valid CSV ({error}): correct the line") from error
        except UnicodeDecodeError as error:
            raise DataError(
                f'{self.path} is not UTF-8 text; expected {FORMATS}: export it again, a table as "CSV UTF-8"'
            ) from error

    def _columns(self, header: Sequence[str]) -> _Columns:
        names = [cell.strip().casefold() for cell in header]

        def find(wanted: Sequence[str]) -> int | None:
            return next((names.index(name) for name in wanted if name in names), None)

        for pairs, in_um in ((_PLACES, False), (_PLACES_UM, True)):
            for pair in pairs:
                if set(pair) <= set(names):
                    scale = 1 / self._known_mpp() if in_um else 1.0
                    x, y = map(names.index, pair)
                    return _Columns(x, y, scale, find(_IDENTITIES), find(_LABELS))
        if not header:
            raise DataError(f"{self.path} is empty; expected {FORMATS}: export it again")
        if _JSON & {suffix.lower() for suffix in self.path.suffixes}:
            raise DataError(
                f'{self.path} is no JSON, though it is called so: it begins with "{listed(header)}"; expected '
                f"{FORMATS}: export it again"
            )
        raise DataError(
            f'{self.path}: found the columns {listed(header)}; expected a header with "x" and "y", pixels of the image'
        )

    def _known_mpp(self) -> float:
        if not self.mpp:
            raise ConfigError(f"{self.path} has places in um; expected the resolution of its image: give --mpp")
        return self.mpp

    def _number(self, cell: str, column: str, line: int) -> float:
        if not cell.strip():
            return math.nan
        try:
            return float(cell)
        except ValueError as error:
            raise DataError(
                f'{self.path}, line {line}: "{shown(cell)}" in the column {shown(column)}; expected a number'
            ) from error


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
