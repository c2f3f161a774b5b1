"""What CellViT, HoVer-Net and TIAToolbox write in JSON: a dictionary for each cell, with its contour and centroid.

CellViT: `{wsi_metadata, type_map, cells: [...]}` in `cells.json`, without contours in `cell_detection.json`; pixels
of the full resolution. HoVer-Net: `{mag, nuc: {id: ...}}`, pixels at the magnification `mag`. TIAToolbox: HoVer-Net's
dictionaries by id, with `prob` for `type_prob`, at the top level.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei.geojson_objects import Found
from nucleoscope.slides.nuclei.json_cursor import JsonCursor, open_json
from nucleoscope.slides.outlines import Outline, UnusableError, centroid, read_point, read_ring
from nucleoscope.slides.results import Carried, Nucleus

_MAGNIFICATION = 10.0  # times um per pixel: 40x is 0.25 um per pixel
_SAME = 1.5  # a factor below it is a scanner's 0.23 um per pixel for 40x, not another magnification


@dataclass(frozen=True)
class CellViTReader:
    """Reads `cells.json` or `cell_detection.json` of CellViT.

    Attributes:
        path: of the file.
    """

    path: Path
    kind = "CellViT JSON"

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The cells in file order; what is none is counted in `skipped` by what it is."""
        names: Mapping[str, str] = {}
        with open_json(self.path) as cursor:
            for key in cursor.members():
                if key == "type_map":
                    names = _type_names(cursor.value())
                elif key == "cells" and cursor.peek() == "[":
                    for position in cursor.items():
                        yield from _nucleus(cursor.value(), str(position + 1), 1.0, names, skipped)
                else:
                    cursor.skip()


@dataclass(frozen=True)
class HoVerNetReader:
    """Reads JSON of HoVer-Net, or of TIAToolbox in its form.

    Attributes:
        path: of the file.
        mpp: um per pixel of its image, if known.
    """

    path: Path
    mpp: float | None
    kind = "HoVer-Net JSON"

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei in file order; what is none is counted in `skipped` by what it is.

        Raises:
            DataError: the file is no such JSON, or says after the nuclei that they are at a lower magnification.
        """
        with open_json(self.path) as cursor:
            magnification: Any = None
            seen = False
            for key in cursor.members():
                if key == "mag":
                    magnification = cursor.value()
                    if seen and self._scale_of(magnification) != 1:
                        raise DataError(f'{self.path}: "mag" stands after "nuc"; expected it before, as HoVer-Net does')
                elif key == "nuc" and cursor.peek() == "{":
                    seen = True
                    yield from self._cells(cursor, self._scale_of(magnification), skipped)
                else:
                    yield from _nucleus(cursor.short_value(), key, 1.0, {}, skipped)

    def _cells(self, cursor: JsonCursor, scale: float, skipped: Counter[str]) -> Iterator[Found]:
        for identity in cursor.members():
            yield from _nucleus(cursor.value(), identity, scale, {}, skipped)

    def _scale_of(self, magnification: Any) -> float:
        """Full-resolution pixels for a pixel of the file: a power of two, since pyramids go by those."""
        if not isinstance(magnification, int | float) or magnification <= 0 or not self.mpp:
            return 1.0
        factor = _MAGNIFICATION / (magnification * self.mpp)
        scale = 1.0
        while factor / scale > _SAME:
            scale *= 2
        return scale


def is_cell(value: Any) -> bool:
    """Whether something in JSON is a dictionary about a cell."""
    return isinstance(value, Mapping) and ("centroid" in value or "contour" in value)


def _type_names(found: Any) -> Mapping[str, str]:
    """Names by number as text, from a map of numbers to names or of names to numbers."""
    if not isinstance(found, Mapping):
        return {}
    forward = {str(key): str(value) for key, value in found.items()}
    numbers_first = all(key.lstrip("-").isdigit() for key in forward)
    return forward if numbers_first else {value: key for key, value in forward.items()}


def _nucleus(
    cell: Any, identity: str, scale: float, names: Mapping[str, str], skipped: Counter[str]
) -> Iterator[Found]:
    if not is_cell(cell):
        skipped["entries that are no cells"] += 1
        return
    try:
        place, outline = _geometry(cell, scale)
    except UnusableError as what:
        skipped[str(what)] += 1
        return
    kind = cell.get("type")
    label = None if kind is None or isinstance(kind, Mapping | list) else names.get(str(kind), str(kind))
    yield Found(Nucleus(identity, *place, outline, label, _carried(cell)))


def _geometry(cell: Mapping[str, Any], scale: float) -> tuple[tuple[float, float], Outline | None]:
    """Centre and outline of a cell."""
    contour = cell.get("contour")
    if contour:
        ring = read_ring(contour) * scale
        return centroid([(ring,)]), (ring,) if len(ring) > 2 else None
    x, y = read_point(cell.get("centroid"))
    return (x * scale, y * scale), None


def _carried(cell: Mapping[str, Any]) -> Carried | None:
    probability = cell.get("type_prob", cell.get("prob"))
    if isinstance(probability, int | float) and 0 <= probability <= 1:
        return Carried(measurements={"source probability": float(probability)})
    return None
