"""Files written by hand after the documentation of each format are read as they are meant."""

import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei import open_nuclei

GOLDEN = Path(__file__).parent / "golden"
UUID = "0f9d9c4e-6f0c-4c1a-9a55-7d9f6f0f0a0"


def read(name, mpp=0.25):
    file = open_nuclei(GOLDEN / name, mpp)
    nuclei = list(file)
    np.testing.assert_array_equal(file.centres, np.array([(n.x, n.y) for n in nuclei]).reshape(-1, 2))
    assert len(file) == len(nuclei)
    return file, nuclei


def test_detections_cells_and_points_of_qupath_are_nuclei_and_the_rest_is_counted():
    file, nuclei = read("qupath-0.6.geojson")
    assert [n.identity for n in nuclei] == [f"{UUID}{number}" for number in (1, 2, 3, 4)]
    assert file.skipped == {
        "annotations of regions": 1,
        "points beside detections": 2,
        "tile objects": 1,
        "geometries of type LineString": 1,
        "objects without a geometry": 1,
    }
    assert file.kind == "GeoJSON"


def test_what_qupath_says_about_an_object_is_kept():
    detection, cell, point, parts = read("qupath-0.6.geojson")[1]
    assert (detection.x, detection.y, detection.label) == (105, 105, "Tumor")
    np.testing.assert_array_equal(detection.outline[0], [[100, 100], [110, 100], [110, 110], [100, 110]])
    assert detection.carried.measurements == {"Nucleus: Area µm^2": 6.25}  # a NaN is no measurement
    assert (cell.x, cell.y, cell.label) == (206, 203, "Stroma: Positive")  # of its nucleus, not of the cell
    assert (cell.carried.object_type, cell.carried.name) == ("cell", "first")
    assert cell.carried.border["coordinates"][0][0] == [190, 190]
    assert (point.x, point.y, point.outline, point.label) == (300.5, 40.25, None, None)
    # Two squares of 16 and 4 pixels: the centroid lies between them, the outline is that of the larger.
    assert (parts.x, parts.y) == pytest.approx((402 * 0.8 + 411 * 0.2, 402 * 0.8 + 401 * 0.2))
    assert parts.outline[0].max() == 404
    assert parts.carried.parts["type"] == "MultiPolygon"


def test_qupath_0_2_has_types_for_ids_lists_for_measurements_and_integers_for_colours():
    file, nuclei = read("qupath-0.2.json")
    (nucleus,) = nuclei
    assert (nucleus.identity, nucleus.x, nucleus.y, nucleus.label) == ("1", 12, 22, "Immune cells")
    assert nucleus.carried.measurements == {"Nucleus: Area": 16.0}
    assert file.skipped == {"root objects": 1}


@pytest.mark.parametrize("name", ["cellvit-cells.json", "cellvit-cell_detection.json"])
def test_cellvit_cells_have_numbers_for_ids_and_names_for_types(name):
    file, nuclei = read(name)
    assert [(n.identity, n.label) for n in nuclei] == [("1", "Neoplastic"), ("2", "Inflammatory")]
    assert file.kind == "CellViT JSON"
    contours = name == "cellvit-cells.json"
    # With a contour a nucleus is where the contour is, without one where the file says.
    assert (nuclei[0].x, nuclei[0].y) == ((105, 203) if contours else (105.25, 203.5))
    assert (nuclei[0].outline is not None) == contours
    assert (nuclei[0].carried.measurements if contours else nuclei[0].carried) == (
        {"source probability": 0.93} if contours else None
    )


def test_a_cellvit_annotation_of_all_cells_of_a_class_is_taken_apart():
    nuclei = read("cellvit-cells.geojson")[1]
    first = "9c6b5d8e-3c53-4f5d-8f7e-0d3c6c2f1a10"
    assert [(n.identity, n.x, n.label) for n in nuclei] == [
        (f"{first}-1", 105, "Neoplastic"),
        (f"{first}-2", 155, "Neoplastic"),
        ("9c6b5d8e-3c53-4f5d-8f7e-0d3c6c2f1a11", 302, "Inflammatory"),
    ]
    points = read("cellvit-cell_detection.geojson")[1]
    assert [(n.identity[-2:], n.x, n.y) for n in points] == [("-1", 105.25, 203.5), ("-2", 155, 203)]


@pytest.mark.parametrize(("mpp", "scale"), [(0.25, 2), (0.23, 2), (0.5, 1), (0.1213, 4), (None, 1)])
def test_hover_net_coordinates_are_brought_from_its_magnification_to_full_resolution(mpp, scale):
    nuclei = read("hovernet.json", mpp)[1]
    assert [(n.identity, n.x / scale, n.y / scale, n.label) for n in nuclei] == [
        ("1", 15, 23, "2"),
        ("7", 42, 42, None),
    ]
    np.testing.assert_array_equal(nuclei[0].outline[0][0], [10 * scale, 20 * scale])


def test_tiatoolbox_is_read_in_each_of_its_forms():
    assert [(n.identity, n.x, n.label) for n in read("tiatoolbox-nuclei.json")[1]] == [
        ("a1b2", 15, "3"),
        ("c3d4", 42, "Inflammatory"),
    ]
    (stored,) = read("tiatoolbox-store.geojson")[1]  # objectType outside of properties, no UUID for an id
    assert (stored.identity, stored.x, stored.y, stored.label) == ("nucleus-17", 15, 23, "Neoplastic")
    file, lines = read("tiatoolbox-store.ndjson")  # points and outlines, none of them said to be a detection
    assert [(n.identity, n.x, n.label) for n in lines] == [("1", 15, "1"), ("2", 3.5, "0")]
    assert file.skipped == {}


@pytest.mark.parametrize("compressed", [True, False])
def test_an_annotation_store_of_tiatoolbox_is_read(tmp_path, compressed):
    shapely = pytest.importorskip("shapely")
    outline = shapely.to_wkb(shapely.box(10, 20, 20, 26))
    with closing(sqlite3.connect(tmp_path / "store.db")) as store, store:
        # The table of SQLiteStore in tiatoolbox/annotation/storage.py.
        store.execute(
            "CREATE TABLE annotations(id INTEGER PRIMARY KEY, key TEXT UNIQUE, objtype TEXT, cx FLOAT NOT NULL, "
            "cy FLOAT NOT NULL, geometry BLOB, properties TEXT, area FLOAT NOT NULL)"
        )
        geometry = zlib.compress(outline) if compressed else outline
        rows = [
            ("b", "Polygon", 15, 23, geometry, '{"type":"Neoplastic","prob":0.5}', 60),
            ("a", "Point", 3.5, 4.5, None, "{}", 0),
            ("c", "Polygon", 3, 4, b"\x01broken", "{", 0),
        ]
        store.executemany("INSERT INTO annotations VALUES(NULL, ?, ?, ?, ?, ?, ?, ?)", rows)
    file, nuclei = read(tmp_path / "store.db")
    assert [(n.identity, n.x, n.y, n.label) for n in nuclei] == [("b", 15, 23, "Neoplastic"), ("a", 3.5, 4.5, None)]
    assert len(nuclei[0].outline[0]) == 4
    assert (file.kind, file.skipped) == ("TIAToolbox annotation store", {"malformed coordinates": 1})


def test_another_sqlite_file_is_refused(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("CREATE TABLE a(b)")
    with pytest.raises(DataError) as raised:
        open_nuclei(path)
    assert str(raised.value) == (
        f"{path} is an SQLite file, but not an annotation store that can be read (no such table: annotations); "
        "expected one of TIAToolbox: export GeoJSON from it"
    )


def test_measurements_of_qupath_in_um_are_brought_to_pixels():
    (nucleus,) = read("qupath-measurements.tsv")[1]
    assert (nucleus.identity, nucleus.x, nucleus.y, nucleus.label) == (f"{UUID}1", 100, 202, "Tumor")
