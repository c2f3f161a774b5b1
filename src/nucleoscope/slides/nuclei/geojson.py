"""GeoJSON as a stream of objects: a collection, a bare list, single features, one a line; each of any length."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei.geojson_objects import (
    Feature,
    Found,
    children_of,
    identity_of,
    is_split,
    nucleus_of,
    parts_of,
)
from nucleoscope.slides.nuclei.json_cursor import CHUNK, LARGEST, JsonCursor, TooLargeError, open_json
from nucleoscope.slides.outlines import UnusableError

_EXPECTED = 'GeoJSON: a "FeatureCollection", a list of features, or features'


@dataclass(frozen=True)
class GeoJsonReader:
    """Reads the nuclei of a GeoJSON file.

    Attributes:
        path: of the file.
        mpp: um per pixel of its image, if known.
        largest: characters up to which a feature is decoded as a whole.
        chunk: bytes that are read at once; what was read already is decoded however long it is.
    """

    path: Path
    mpp: float | None
    largest: int = LARGEST
    chunk: int = CHUNK
    kind = "GeoJSON"

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei in file order; what is none is counted in `skipped` by what it is.

        Raises:
            DataError: the file cannot be read, or is no GeoJSON.
        """
        numbers = count(1)
        with open_json(self.path, chunk=self.chunk) as cursor:
            for feature in self._features(cursor):
                yield from self._nuclei(feature, numbers, skipped)

    def _nuclei(self, feature: Any, numbers: Iterator[int], skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei of a feature and of those inside of it."""
        if not isinstance(feature, dict):
            skipped["items that are no features"] += 1
            return
        identity = identity_of(feature, next(numbers))
        geometry = feature.get("geometry")
        coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if isinstance(coordinates, _LongList) and not is_split(feature):
            skipped["objects too large for a nucleus"] += 1
        elif isinstance(coordinates, list | _LongList) and is_split(feature):
            single = isinstance(coordinates, list) and len(coordinates) == 1
            for number, part in enumerate(parts_of(feature, coordinates), start=1):
                yield from self._nucleus(part, identity if single else f"{identity}-{number}", skipped)
        else:
            yield from self._nucleus(feature, identity, skipped)
        for child in children_of(feature):
            yield from self._nuclei(child, numbers, skipped)

    def _nucleus(self, feature: Feature, identity: str, skipped: Counter[str]) -> Iterator[Found]:
        try:
            yield nucleus_of(feature, identity, self.mpp)
        except UnusableError as what:
            skipped[str(what)] += 1

    def _features(self, cursor: JsonCursor) -> Iterator[Any]:
        if cursor.peek() == "[":
            for _ in cursor.items():
                yield self._feature(cursor)
        else:
            while True:
                yield from self._collection(cursor)
                if cursor.peek() != "{":  # another one on the next line
                    break
        if cursor.peek():
            raise cursor.refuse("the end of the file")

    def _collection(self, cursor: JsonCursor) -> Iterator[Any]:
        """The features of a collection, or the feature that an object is."""
        members: dict[str, Any] = {}
        listed = False
        if cursor.peek() != "{":
            raise cursor.refuse(_EXPECTED)
        for key in cursor.members():
            if key == "features" and cursor.peek() == "[":
                listed = True
                for _ in cursor.items():
                    yield self._feature(cursor)
            else:
                members[key] = cursor.value()
        if not listed:
            if "geometry" not in members:
                raise DataError(f"{self.path} holds an object without features or a geometry; expected {_EXPECTED}")
            yield members

    def _feature(self, cursor: JsonCursor) -> Any:
        """The next feature; of one that is too long for memory, its coordinates are a list that is read when needed."""
        try:
            return cursor.value(self.largest)
        except TooLargeError:
            start = cursor.offset
            members: dict[str, Any] = {}
            for key in cursor.members():
                members[key] = _without_coordinates(cursor) if key == "geometry" else cursor.value()
            if isinstance(members.get("geometry"), dict):
                members["geometry"]["coordinates"] = _LongList(self.path, start)
            return members


def _without_coordinates(cursor: JsonCursor) -> Any:
    if cursor.peek() != "{":
        return cursor.value()
    members = {}
    for key in cursor.members():
        if key == "coordinates":
            cursor.skip()
        else:
            members[key] = cursor.value()
    return members


@dataclass(frozen=True)
class _LongList:
    """The coordinates of the feature at a byte of a file, read one by one."""

    path: Path
    start: int

    def __iter__(self) -> Iterator[Any]:
        with open_json(self.path, self.start) as cursor:
            for key in cursor.members():
                if key == "geometry":
                    yield from self._of_geometry(cursor)
                    return
                cursor.skip()

    def _of_geometry(self, cursor: JsonCursor) -> Iterator[Any]:
        for key in cursor.members():
            if key == "coordinates":
                for _ in cursor.items():
                    yield cursor.value()
                return
            cursor.skip()
