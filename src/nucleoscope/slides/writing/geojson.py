"""GeoJSON that QuPath opens as detections or cells, classified, with a measurement for each probability."""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nucleoscope.slides.nuclei.geojson_objects import SOURCE_ID
from nucleoscope.slides.outlines import Outline
from nucleoscope.slides.results import Carried, Nucleus, Verdicts
from nucleoscope.slides.writing.facts import UNSURE_COLOUR, Add, Facts, confidences, novelties, rgb, shown_classes

_NAMESPACE = uuid.UUID("3e0b51a6-2d0d-5d0b-9d3e-6a1c1c0f6a55")  # of ids that we make from others
_PLAIN = Carried()


@contextmanager
def writing_geojson(path: Path, facts: Facts) -> Iterator[Add]:
    """Write a FeatureCollection, a feature a line; its ids are UUIDs, as QuPath drops all others."""
    colours = {name: rgb(colour) for name, colour in facts.colours.items()}
    grey = rgb(UNSURE_COLOUR)
    separator = "\n"
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"type":"FeatureCollection","features":[')

        def add(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
            nonlocal separator
            names = shown_classes(verdicts)
            for nucleus, name, measured in zip(nuclei, names, _measurements(verdicts), strict=True):
                classification = {"name": name, "color": colours.get(name, grey)}
                feature = _feature(nucleus, facts.image.name, classification, measured)
                stream.write(separator)
                stream.write(json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":")))
                separator = ",\n"

        yield add
        stream.write("\n]}\n")


def uuid_of(identity: str, image: str) -> str:
    """The id itself if it is a UUID, else one that this id always gets in this image."""
    try:
        return str(uuid.UUID(identity)) if len(identity) == 36 else str(uuid.uuid5(_NAMESPACE, f"{image}/{identity}"))
    except ValueError:
        return str(uuid.uuid5(_NAMESPACE, f"{image}/{identity}"))


def _feature(
    nucleus: Nucleus, image: str, classification: dict[str, Any], measured: dict[str, float]
) -> dict[str, Any]:
    carried = nucleus.carried or _PLAIN
    properties: dict[str, Any] = {"objectType": carried.object_type}
    if carried.name:
        properties["name"] = carried.name
    properties["classification"] = classification
    properties["measurements"] = {**carried.measurements, **measured} if carried.measurements else measured
    identity = uuid_of(nucleus.identity, image)
    if identity != nucleus.identity:
        properties["metadata"] = {SOURCE_ID: nucleus.identity}
    shapes = {"geometry": _geometry(nucleus)}
    if carried.border:
        shapes = {"geometry": carried.border, "nucleusGeometry": shapes["geometry"]}
    return {"type": "Feature", "id": identity, **shapes, "properties": properties}


def _geometry(nucleus: Nucleus) -> Any:
    """The GeoJSON geometry of a nucleus."""
    if nucleus.carried and nucleus.carried.parts:
        return nucleus.carried.parts
    if nucleus.outline is None:
        return {"type": "Point", "coordinates": [nucleus.x, nucleus.y]}
    return {"type": "Polygon", "coordinates": closed(nucleus.outline)}


def closed(outline: Outline) -> list[list[list[float]]]:
    """The rings of a polygon, each with its first point again at its end."""
    rings = [ring.tolist() for ring in outline]
    return [[*ring, ring[0]] for ring in rings]


def _measurements(verdicts: Verdicts) -> Iterator[dict[str, float]]:
    """Numbers by name for each nucleus, as QuPath shows them; what is not known is left out."""
    names = [f"Probability: {name}" for name in verdicts.classes]
    rows = zip(
        verdicts.probabilities.tolist(), confidences(verdicts).tolist(), novelties(verdicts).tolist(), strict=True
    )
    for probabilities, confidence, novelty in rows:
        measured = dict(zip(names, probabilities, strict=True))
        measured.update({"Confidence": confidence, "Novelty": novelty})
        yield {name: round(value, 6) for name, value in measured.items() if value == value}
