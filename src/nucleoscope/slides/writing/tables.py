"""Classified nuclei as tables: CSV for people, Parquet with outlines for programs."""

import csv
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nucleoscope.slides.results import Nucleus, Verdicts
from nucleoscope.slides.writing.facts import Add, Facts, confidences, novelties

_COMPRESSION = "zstd"


@contextmanager
def writing_csv(path: Path, facts: Facts) -> Iterator[Add]:
    """Write a row a nucleus; what is not known is empty."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_names(facts))

        def add(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
            columns = columns_of(nuclei, verdicts)
            writer.writerows(zip(*(map(_cell, column) for column in columns.values()), strict=True))

        yield add


@contextmanager
def writing_parquet(path: Path, facts: Facts) -> Iterator[Add]:
    """Write a GeoParquet file: the columns of the CSV and `geometry`, an outline or a point in well-known binary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    words, numbers = pa.string(), pa.float32()
    kinds = {"id": words, "x": pa.float64(), "y": pa.float64(), "label": words, "predicted": words, "unsure": words}
    fields = [pa.field(name, kinds.get(name, numbers)) for name in _names(facts)]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": _GEOMETRY_COLUMN}}
    schema = pa.schema([*fields, pa.field("geometry", pa.binary())], metadata={"geo": json.dumps(geo)})
    with pq.ParquetWriter(path, schema, compression=_COMPRESSION) as writer:

        def add(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> None:
            columns = columns_of(nuclei, verdicts)
            known = [[None if value == "" or value != value else value for value in c] for c in columns.values()]
            arrays = [pa.array(c, f.type) for c, f in zip(known, fields, strict=True)]
            geometry = pa.array(_well_known_binary(nuclei), pa.binary())
            writer.write_table(pa.Table.from_arrays([*arrays, geometry], schema=schema))

        yield add


# No coordinate reference system: these are pixels of an image, y down.
_GEOMETRY_COLUMN = {"encoding": "WKB", "geometry_types": ["Point", "Polygon"], "crs": None}


def columns_of(nuclei: Sequence[Nucleus], verdicts: Verdicts) -> dict[str, list[Any]]:
    """The columns of a chunk by name; unknown words are empty, unknown numbers NaN."""
    predicted = [verdicts.classes[number] if number >= 0 else "" for number in verdicts.predicted.tolist()]
    return {
        "id": [nucleus.identity for nucleus in nuclei],
        "x": [nucleus.x for nucleus in nuclei],
        "y": [nucleus.y for nucleus in nuclei],
        "label": [nucleus.label or "" for nucleus in nuclei],
        "predicted": predicted,
        "confidence": confidences(verdicts).round(6).tolist(),
        **{
            f"probability_{name}": column.astype(np.float64).round(6).tolist()
            for name, column in zip(verdicts.classes, verdicts.probabilities.T, strict=True)
        },
        "novelty": novelties(verdicts).round(6).tolist(),
        "unsure": verdicts.unsure.tolist(),
    }


def _names(facts: Facts) -> list[str]:
    probabilities = [f"probability_{name}" for name in facts.classes]
    return ["id", "x", "y", "label", "predicted", "confidence", *probabilities, "novelty", "unsure"]


def _cell(value: Any) -> Any:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _well_known_binary(nuclei: Sequence[Nucleus]) -> list[bytes]:
    import shapely

    shapes = [
        shapely.Point(nucleus.x, nucleus.y)
        if nucleus.outline is None
        else shapely.Polygon(nucleus.outline[0], nucleus.outline[1:])
        for nucleus in nuclei
    ]
    return list(shapely.to_wkb(np.array(shapes, dtype=object)))
