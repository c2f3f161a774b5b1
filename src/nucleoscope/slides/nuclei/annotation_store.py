"""Nuclei from an annotation store of TIAToolbox: an SQLite file with a geometry and properties for each.

The table is that of `SQLiteStore` in `tiatoolbox/annotation/storage.py`: `key`, centroid `cx`, `cy`, `geometry` in
well-known binary, perhaps compressed by zlib, NULL for a point, and `properties` in JSON.
"""

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.nuclei.geojson_objects import Feature, Found, nucleus_of
from nucleoscope.slides.outlines import UnusableError

MAGIC = b"SQLite format 3\x00"
_QUERY = "SELECT key, cx, cy, geometry, properties FROM annotations ORDER BY id"
_ZLIB = b"\x78"  # well-known binary begins with 0 or 1


@dataclass(frozen=True)
class AnnotationStoreReader:
    """Reads the nuclei of an annotation store.

    Attributes:
        path: of the file.
        mpp: um per pixel of its image, if known.
    """

    path: Path
    mpp: float | None
    kind = "TIAToolbox annotation store"

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei in the order of the store; what is none is counted in `skipped` by what it is.

        Raises:
            DataError: the file is damaged, or is another SQLite file.
            ConfigError: shapely is not installed.
        """
        if find_spec("shapely") is None:
            raise ConfigError(
                f"{self.path} needs the package shapely, which is not installed: pip install 'nucleoscope[slides]'"
            )
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(address, uri=True)) as store:
                for key, x, y, geometry, properties in store.execute(_QUERY):
                    yield from self._nucleus(str(key), (x, y), geometry, properties, skipped)
        except sqlite3.Error as error:
            raise DataError(
                f"{self.path} is an SQLite file, but not an annotation store that can be read ({error}); expected one "
                "of TIAToolbox: export GeoJSON from it"
            ) from error

    def _nucleus(
        self, key: str, place: tuple[Any, Any], geometry: Any, properties: Any, skipped: Counter[str]
    ) -> Iterator[Found]:
        try:
            feature = {
                "geometry": _shape(geometry) if geometry else {"type": "Point", "coordinates": list(place)},
                "properties": _properties(properties),
            }
            yield nucleus_of(feature, key, self.mpp)
        except UnusableError as what:
            skipped[str(what)] += 1


def _shape(geometry: Any) -> Feature:
    """A GeoJSON geometry from well-known binary or text."""
    import shapely

    try:
        if isinstance(geometry, bytes) and geometry.startswith(_ZLIB):
            geometry = zlib.decompress(geometry)
        shape = shapely.from_wkb(geometry) if isinstance(geometry, bytes) else shapely.from_wkt(geometry)
        found = json.loads(shapely.to_geojson(shape))
    except (shapely.errors.ShapelyError, zlib.error, TypeError, ValueError) as error:
        raise UnusableError("malformed coordinates") from error
    return found if isinstance(found, dict) else {}


def _properties(text: Any) -> Any:
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {}
