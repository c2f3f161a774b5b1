"""Nuclei from the features of a GeoJSON file, as QuPath writes them and as its peers do.

QuPath's form is that of `QuPathTypeAdapters.java`. Peers differ: the type of an object stands outside `properties`
and its class in `properties.type` (TIAToolbox), all cells of a class are one annotation (CellViT), ids are no UUIDs.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from nucleoscope.data.reading.wording import shown
from nucleoscope.slides.outlines import Outline, UnusableError, centroid, extent, read_point, read_polygon
from nucleoscope.slides.results import Carried, Nucleus

SOURCE_ID = "source id"
"""Key in an object's metadata for the id that it came with, where that was no UUID."""

Feature = dict[str, Any]

_TYPES = {
    "detection": "detection",
    "pathdetectionobject": "detection",
    "cell": "cell",
    "pathcellobject": "cell",
    "annotation": "annotation",
    "pathannotationobject": "annotation",
    "tile": "tile",
    "pathtileobject": "tile",
    "tmacore": "TMA core",
    "tma_core": "TMA core",
    "tmacoreobject": "TMA core",
    "root": "root",
    "pathrootobject": "root",
}
_FIRM = ("detection", "cell")
_PARTS = {"MultiPoint": "Point", "MultiPolygon": "Polygon"}
_EXACT = 2**53  # integers below it are floats without loss
_LARGEST_NUCLEUS = 200.0  # um across: an annotation that is larger surrounds a region, not a nucleus


class Rank(IntEnum):
    """How likely an object is meant as a nucleus: of the ranks in a file, the lowest holds its nuclei."""

    DETECTION = 0  # detections and cells
    POINT = 1  # annotated points, and whatever is said to be nothing in particular
    ANNOTATION = 2  # annotated outlines


@dataclass(frozen=True, slots=True)
class Found:
    """A nucleus in a file, if the file holds none of a lower rank."""

    nucleus: Nucleus
    rank: Rank = Rank.DETECTION


def object_type(feature: Feature) -> str:
    """What an object is in QuPath's words; "" if nothing says so."""
    properties = properties_of(feature)
    told = properties.get("objectType")
    if told in ("detection", "cell", "annotation"):
        return str(told)
    words = (told, properties.get("object_type"), properties.get("type"), feature.get("objectType"), feature.get("id"))
    for word in words:
        if isinstance(word, str) and word.lower() in _TYPES:
            return _TYPES[word.lower()]
    return ""


def properties_of(feature: Feature) -> dict[str, Any]:
    """The properties of a feature, empty if it has none."""
    found = feature.get("properties")
    return found if isinstance(found, dict) else {}


def children_of(feature: Feature) -> list[Any]:
    """Objects inside of this one, where a whole hierarchy was written."""
    properties = properties_of(feature)
    children = properties.get("childObjects", properties.get("children"))
    return children if isinstance(children, list) else []


def identity_of(feature: Feature, number: int) -> str:
    """The id of an object as it came, or its number in the file."""
    metadata = properties_of(feature).get("metadata")
    source = metadata.get(SOURCE_ID) if isinstance(metadata, dict) else None
    if isinstance(source, str) and source:
        return source
    given = feature.get("id")
    if isinstance(given, bool) or not isinstance(given, str | int) or str(given).lower() in _TYPES:
        return str(number)
    return str(given) or str(number)


def is_split(feature: Feature) -> bool:
    """Whether the parts of a geometry are nuclei of their own: points always, polygons unless of one detection."""
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    return kind == "MultiPoint" or (kind == "MultiPolygon" and object_type(feature) not in _FIRM)


def parts_of(feature: Feature, parts: Iterable[Any]) -> Iterator[Feature]:
    """A feature for each part of a geometry."""
    kind = _PARTS[feature["geometry"]["type"]]
    for part in parts:
        yield {**feature, "geometry": {"type": kind, "coordinates": part}}


def nucleus_of(feature: Feature, identity: str, mpp: float | None) -> Found:
    """The nucleus that a feature with one geometry is about.

    Args:
        feature: not one that `is_split`.
        identity: of the nucleus.
        mpp: um per pixel, if known.

    Raises:
        UnusableError: there is none in it; its text says what it is.
    """
    kind = object_type(feature)
    if kind not in _FIRM and kind not in ("annotation", ""):
        raise UnusableError(f"{kind} objects")
    geometry = feature.get("nucleusGeometry") or feature.get("geometry")
    if not isinstance(geometry, dict):
        raise UnusableError("objects without a geometry")
    if geometry.get("type") == "Point":
        place, outline = read_point(geometry.get("coordinates")), None
        rank, parts = Rank.POINT, None
    else:
        polygons = _polygons(geometry)
        outline = polygons[0] if len(polygons) == 1 else max(polygons, key=extent)
        place, rank = centroid(polygons), Rank.ANNOTATION if kind else Rank.POINT
        parts = geometry if len(polygons) > 1 else None
    if kind in _FIRM:
        rank = Rank.DETECTION
    elif outline and mpp and extent(outline) * mpp > _LARGEST_NUCLEUS:
        raise UnusableError("annotations of regions")
    drawn = outline if outline and len(outline[0]) > 2 else None
    properties = properties_of(feature)
    carried = _carried(kind, _border(feature), parts, properties)
    return Found(Nucleus(identity, *place, drawn, _label(properties), carried), rank)


def _polygons(geometry: Feature) -> list[Outline]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        return [read_polygon(coordinates)]
    if kind == "MultiPolygon" and isinstance(coordinates, list) and coordinates:
        return [read_polygon(part) for part in coordinates]
    raise UnusableError(f"geometries of type {shown(kind)}" if isinstance(kind, str) else "objects without a geometry")


def _border(feature: Feature) -> Feature | None:
    """The border of a cell, where its nucleus has its own."""
    border = feature.get("geometry")
    if not feature.get("nucleusGeometry") or not isinstance(border, dict):
        return None
    try:
        _polygons(border)
    except UnusableError:
        return None  # the nucleus is what counts here
    return border


def _carried(kind: str, border: Feature | None, parts: Feature | None, properties: Feature) -> Carried | None:
    measurements = _measurements(properties.get("measurements"))
    name = properties.get("name")
    name = name if isinstance(name, str) else None
    if not (measurements or name or parts or kind == "cell"):
        return None
    return Carried("cell" if kind == "cell" else "detection", border, parts, measurements, name)


def _label(properties: Feature) -> str | None:
    """The class of an object, in QuPath's form or as a plain word or number."""
    found = properties.get("classification")
    if isinstance(found, dict):
        names = found.get("names")
        found = ": ".join(map(str, names)) if isinstance(names, list) and names else found.get("name")
    if found is None:
        found = properties.get("type")
        if isinstance(found, str) and found.lower() in _TYPES:
            return None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and found != "" else None


def _measurements(found: Any) -> dict[str, float] | None:
    """Finite numbers by name, from a map (since QuPath 0.4) or a list of names and values (before)."""
    if isinstance(found, list):
        entries = [entry for entry in found if isinstance(entry, dict)]
        pairs: list[tuple[Any, Any]] = [(entry.get("name"), entry.get("value")) for entry in entries]
    else:
        pairs = list(found.items()) if isinstance(found, dict) else []
    return {name: float(value) for name, value in pairs if isinstance(name, str) and _is_number(value)} or None


def _is_number(value: Any) -> bool:
    return (isinstance(value, float) and math.isfinite(value)) or (type(value) is int and abs(value) < _EXACT)
