"""Opening a file of nuclei, whatever wrote it: the format is told from the content."""

from pathlib import Path

from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei.annotation_store import MAGIC, AnnotationStoreReader
from nucleoscope.slides.nuclei.cell_dictionaries import CellViTReader, HoVerNetReader, is_cell
from nucleoscope.slides.nuclei.compressed import open_bytes
from nucleoscope.slides.nuclei.geojson import GeoJsonReader
from nucleoscope.slides.nuclei.json_cursor import JsonCursor
from nucleoscope.slides.nuclei.nucleus_file import FORMATS, NucleusFile, NucleusReader, survey
from nucleoscope.slides.nuclei.table import TableReader

_FOREIGN = {  # how a file begins: what it is, and what to do
    b"\x89HDF": ("HDF5", "export GeoJSON or a table"),
    b"\x80": (
        "a pickle, which can run code when it is read",
        "export GeoJSON (TIAToolbox: `AnnotationStore.to_geojson`)",
    ),
    b"x\x01": ("a compressed pickle, which can run code when it is read", "export GeoJSON"),
    b"x\x9c": ("a compressed pickle, which can run code when it is read", "export GeoJSON"),
    b"\xff\x06\x00\x00sNaPpY": ("compressed by snappy", "write it without --compression, or unpack it"),
    b"MATLAB": ("MATLAB's", "read it with `nucleoscope crops`"),
}


def open_nuclei(path: Path, mpp: float | None = None) -> NucleusFile:
    """Open a file of nuclei and read it once: their places are known, outlines are read when they are asked for.

    Args:
        path: GeoJSON of QuPath or its peers, a table with `x` and `y`, the JSON of CellViT, HoVer-Net or TIAToolbox
            (each plain, by gzip, or alone in a zip), or an annotation store of TIAToolbox.
        mpp: um per pixel of its image at full resolution, where known: for places in um, for a magnification, and
            to tell nuclei from regions.

    Raises:
        DataError: it cannot be read, is in no such format, or holds objects but no nuclei.
        ConfigError: the places are in um, and `mpp` is None.
    """
    return survey(_reader(path, mpp))


def _reader(path: Path, mpp: float | None) -> NucleusReader:
    with open_bytes(path) as stream:
        begin = stream.read(16)
        for magic, (what, remedy) in _FOREIGN.items():
            if begin.startswith(magic):
                raise DataError(f"{path} is {what}; expected {FORMATS}: {remedy}")
        if begin == MAGIC:
            return AnnotationStoreReader(path, mpp)
        stream.seek(0)
        if begin.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
            return _json_reader(path, JsonCursor(stream, path), mpp)
    return TableReader(path, mpp)


def _json_reader(path: Path, cursor: JsonCursor, mpp: float | None) -> NucleusReader:
    """The reader for a JSON file, from its first members that tell."""
    if cursor.peek() == "[":
        return GeoJsonReader(path, mpp)
    by_member: dict[str, NucleusReader] = {
        "features": GeoJsonReader(path, mpp),
        "geometry": GeoJsonReader(path, mpp),
        "cells": CellViTReader(path),
        "nuc": HoVerNetReader(path, mpp),
    }
    for key in cursor.members():
        if key in by_member:
            return by_member[key]
        value = cursor.short_value()
        if key == "type" and value in ("Feature", "FeatureCollection"):
            return GeoJsonReader(path, mpp)
        if is_cell(value):
            return HoVerNetReader(path, mpp)
    raise DataError(f"{path} is JSON, but not of nuclei; expected {FORMATS}")
