"""Files that are broken, empty, mixed or huge end in one clear line, or are handled and counted."""

import gzip
import json
import os
import zipfile

import numpy as np
import pytest

from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.nuclei import open_nuclei, summarised
from nucleoscope.slides.nuclei.geojson import GeoJsonReader
from nucleoscope.slides.nuclei.nucleus_file import survey

SQUARE = [[[1, 1], [5, 1], [5, 5], [1, 5], [1, 1]]]


def feature(geometry=None, **properties):
    geometry = {"type": "Polygon", "coordinates": SQUARE} if geometry is None else geometry
    return {"type": "Feature", "geometry": geometry, "properties": {"objectType": "detection"} | properties}


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def write(tmp_path, content, name="nuclei.geojson"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def refusal(path, mpp=0.25):
    with pytest.raises((DataError, ConfigError)) as raised:
        open_nuclei(path, mpp)
    message = str(raised.value)
    assert "\n" not in message
    return message.replace(str(path), "FILE")


FORMATS = "GeoJSON, a table with x and y, or the JSON of CellViT, HoVer-Net or TIAToolbox"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", f"FILE is empty; expected {FORMATS}: export it again"),
        (
            "<html>\n<body>",
            f'FILE is no JSON, though it is called so: it begins with "<html>"; expected {FORMATS}: export it again',
        ),
        (
            json.dumps([feature({"type": "a\n\x1b[31mb"})]),
            r"FILE (GeoJSON) holds no nuclei: 1 geometries of type a\n\x1b[31mb; expected detections, cells, points or "
            "outlines of nuclei: export those",
        ),
        ("{", "FILE is not valid JSON at byte 1: expected a key (the file ends there: is it whole?)"),
        ('{"type": "Topology"}', f"FILE is JSON, but not of nuclei; expected {FORMATS}"),
        ('{"cell_masks": []}', f"FILE is JSON, but not of nuclei; expected {FORMATS}"),
        (
            '{"type": "FeatureCollection", "features": {}}',
            "FILE holds an object without features or a geometry; expected GeoJSON: a "
            '"FeatureCollection", a list of features, or features',
        ),
        (
            '{"type": "FeatureCollection", "features": [{"type": "Feature"',
            "FILE is not valid JSON at byte 61: Expecting ',' delimiter (the file ends there: is it whole?)",
        ),
        ('{"type": "FeatureCollection", "features": [1 2]}', 'FILE is not valid JSON at byte 45: expected "]"'),
        ("[{}] {}", 'FILE: found "{}" at byte 5; expected the end of the file'),
        ("[" * 100_000, "FILE is not valid JSON at byte 1: nested too deeply"),
        (
            json.dumps([feature({"type": "Point", "coordinates": [float("nan"), 1]}), 7]),
            "FILE (GeoJSON) holds no nuclei: 1 coordinates that are not finite, 1 items that are no features; "
            "expected detections, cells, points or outlines of nuclei: export those",
        ),
    ],
)
def test_wrong_geojson_is_refused_in_a_line(tmp_path, content, message):
    assert refusal(write(tmp_path, content)) == message


@pytest.mark.parametrize(
    ("begin", "message"),
    [
        (
            b"\x80\x04\x95",
            "FILE is a pickle, which can run code when it is read; expected {}: export GeoJSON "
            "(TIAToolbox: `AnnotationStore.to_geojson`)",
        ),
        (b"\x89HDF\r\n", "FILE is HDF5; expected {}: export GeoJSON or a table"),
        (
            b"\xff\x06\x00\x00sNaPpY",
            "FILE is compressed by snappy; expected {}: write it without --compression, or unpack it",
        ),
    ],
)
def test_files_of_other_kinds_are_named(tmp_path, begin, message):
    path = tmp_path / "cells.dat"
    path.write_bytes(begin + bytes(50))
    assert refusal(path) == message.format(FORMATS)


def test_text_of_another_encoding_is_no_table_nor_json(tmp_path):
    path = tmp_path / "cells.geojson"
    path.write_bytes(json.dumps([feature()]).encode("utf-16"))
    assert refusal(path) == f'FILE is not UTF-8 text; expected {FORMATS}: export it again, a table as "CSV UTF-8"'


def test_missing_files_and_folders_are_named(tmp_path):
    assert refusal(tmp_path / "none.geojson") == "FILE cannot be read (No such file or directory): check the path"
    assert refusal(tmp_path) == "FILE is a folder; expected a file of nuclei"


@pytest.mark.parametrize("content", ['{"type": "FeatureCollection", "features": []}', "[]", '{"nuc": {}}', "x,y\n"])
def test_an_empty_collection_is_no_nuclei(tmp_path, content):
    file = open_nuclei(write(tmp_path, content), 0.25)
    assert (len(file), list(file), file.centres.shape, file.skipped) == (0, [], (0, 2), {})
    assert len(file.within((10, 10))) == 0


def test_holes_count_for_the_centroid_and_are_kept(tmp_path):
    outer = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
    hole = [[6, 0], [10, 0], [10, 10], [6, 10], [6, 0]]  # leaves the left 6 columns
    (nucleus,) = open_nuclei(write(tmp_path, [feature(polygon(outer, hole, [[1, 1], [2, 2]]))]))
    assert (nucleus.x, nucleus.y) == (3, 5)
    assert [len(ring) for ring in nucleus.outline] == [4, 4]


@pytest.mark.parametrize("ring", [[[3, 4]], [[2, 4], [4, 4], [2, 4]], [[2, 4], [3, 4], [4, 4], [2, 4]]])
def test_an_outline_without_an_area_is_at_the_mean_of_its_points(tmp_path, ring):
    (nucleus,) = open_nuclei(write(tmp_path, [feature(polygon(ring))]))
    assert (nucleus.x, nucleus.y) == (3, 4)


def test_the_direction_of_a_ring_does_not_matter(tmp_path):
    one, other = open_nuclei(write(tmp_path, [feature(polygon(SQUARE[0])), feature(polygon(SQUARE[0][::-1]))]))
    assert (one.x, one.y) == (other.x, other.y) == (3, 3)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (polygon([[0, 0], [1, float("nan")], [2, 2]]), "coordinates that are not finite"),
        (polygon([[0, 0], [1, float("inf")], [2, 2]]), "coordinates that are not finite"),
        (polygon([[0, 0], [1, None], [2, 2]]), "coordinates that are not finite"),
        (polygon([[0, 0], [1e200, 0], [1e200, 1e200]]), "coordinates that no image reaches"),
        ({"type": "Point", "coordinates": [-1e308, 1]}, "coordinates that no image reaches"),
        (polygon([[0, 0], [1, 10**400], [2, 2]]), "malformed coordinates"),
        (polygon([[0, 0], [1], [2, 2]]), "malformed coordinates"),
        (polygon([[0, 0], ["a", 1], [2, 2]]), "malformed coordinates"),
        (polygon(), "malformed coordinates"),
        (polygon([]), "malformed coordinates"),
        ({"type": "Polygon", "coordinates": "text"}, "malformed coordinates"),
        ({"type": "Polygon", "coordinates": 7}, "malformed coordinates"),
        ({"type": "Point"}, "malformed coordinates"),
        ({"type": "MultiPolygon", "coordinates": []}, "geometries of type MultiPolygon"),
        ({"type": "GeometryCollection", "geometries": []}, "geometries of type GeometryCollection"),
        ({"type": 3}, "objects without a geometry"),
        ([], "objects without a geometry"),
    ],
)
def test_an_object_that_cannot_be_used_is_counted_and_the_others_are_read(tmp_path, geometry, words):
    file = open_nuclei(write(tmp_path, [feature(geometry), feature()]), 0.25)
    assert file.skipped == {words: 1}
    assert [nucleus.identity for nucleus in file] == ["2"]


@pytest.mark.parametrize(
    "properties",
    [
        {"classification": {"name": ["x"]}},
        {"classification": 3.5, "measurements": [{"name": ["a"], "value": 1}, 3]},
        {"measurements": {"a": 10**400, "b": "c", "d": True}, "name": {}, "metadata": []},
        {"childObjects": "none", "type": {}},
    ],
)
def test_odd_properties_do_no_harm(tmp_path, properties):
    (nucleus,) = open_nuclei(write(tmp_path, [feature(**properties)]))
    assert (nucleus.x, nucleus.carried) == (3, None)


def test_annotated_outlines_are_nuclei_only_where_nothing_better_is_there(tmp_path):
    outline, point = (
        feature(objectType="annotation"),
        feature({"type": "Point", "coordinates": [1, 2]}, objectType="annotation"),
    )
    region = feature(polygon([[0, 0], [900, 0], [900, 900]]), objectType="annotation")
    alone = open_nuclei(write(tmp_path, [outline, region]), 0.25)
    assert (len(alone), alone.skipped) == (1, {"annotations of regions": 1})
    beside = open_nuclei(write(tmp_path, [outline, point]), 0.25)
    assert (len(beside), beside.skipped) == (1, {"annotations beside detections or points": 1})
    assert len(open_nuclei(write(tmp_path, [region]))) == 1  # without a resolution nobody can say how large it is


def test_objects_inside_of_others_are_read_too(tmp_path):
    parent = feature(
        polygon([[0, 0], [900, 0], [900, 900]]), objectType="annotation", childObjects=[feature(), feature()]
    )
    assert [n.identity for n in open_nuclei(write(tmp_path, [parent, feature()]), 0.25)] == ["2", "3", "4"]


def test_nuclei_outside_of_the_image_are_counted_or_refused(tmp_path):
    places = [(5, 5), (0, 10), (-0.1, 3), (10, 10.5), (8, 2)]
    path = write(tmp_path, "x,y\n" + "".join(f"{x},{y}\n" for x, y in places), "nuclei.csv")
    file = open_nuclei(path)
    inside = file.within((10, 10))
    assert [nucleus.identity for nucleus in inside] == ["1", "2", "5"]
    np.testing.assert_array_equal(inside.centres, [(5, 5), (0, 10), (8, 2)])
    assert inside.skipped == {"nuclei outside of the image": 2}
    assert file.within((100, 100)).skipped == {"nuclei outside of the image": 1}
    again = inside.within((6, 10))
    assert [nucleus.identity for nucleus in again] == ["1", "2"]
    with pytest.raises(DataError) as raised:
        file.within((4, 4))
    assert str(raised.value) == (
        f"{path}: 5 of 5 nuclei are outside of the image of 4x4 pixels, the first at x 5, y 5; expected pixels of its "
        "full resolution: check that the file is of this image, the unit, and the order of x and y"
    )


def test_what_was_left_out_is_counted_over_all_filters(tmp_path):
    path = write(tmp_path, "x,y\n1,1\n2,2\n3,3\n9,9\n20,20\n,1\n", "nuclei.csv")
    file = open_nuclei(path).within((10, 10)).within((5, 5))
    assert summarised(file.skipped) == "2 nuclei outside of the image, 1 rows without a place"


def test_a_file_that_changes_while_it_is_used_is_refused(tmp_path):
    path = write(tmp_path, [feature()])
    file = open_nuclei(path)
    write(tmp_path, [feature(), feature()])
    with pytest.raises(DataError, match="has changed since it was opened; expected one that stays: start again"):
        list(file)


def test_compressed_files_are_read(tmp_path):
    content = json.dumps([feature()]).encode()
    packed = tmp_path / "nuclei.geojson.gz"
    packed.write_bytes(gzip.compress(content))
    assert len(open_nuclei(packed)) == 1
    archive = tmp_path / "nuclei.zip"
    with zipfile.ZipFile(archive, "w") as stream:
        stream.writestr("nuclei.geojson", content)
    assert len(open_nuclei(archive)) == 1
    with zipfile.ZipFile(archive, "a") as stream:
        stream.writestr("other.geojson", content)
    assert refusal(archive) == "FILE holds 2 files; expected a zip of one file of nuclei: unpack it, name one"
    packed.write_bytes(gzip.compress(os.urandom(1000) + content)[:500])
    assert "FILE" in refusal(packed)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", 'FILE: found the columns a, b; expected a header with "x" and "y", pixels of the image'),
        ("x,y\n1,oak\n", 'FILE, line 2: "oak" in the column y; expected a number'),
        ("x,y\n1,2,3\n", "FILE, line 2: 3 cells; expected 2, as in line 1"),
        ('x,y\n1,"2\n', "FILE, line 2: not valid CSV (unexpected end of data): correct the line"),
        (
            "x,y\n,1\nnan,2\n",
            "FILE (table) holds no nuclei: 2 rows without a place; expected detections, cells, points or "
            "outlines of nuclei: export those",
        ),
    ],
)
def test_wrong_tables_are_refused_in_a_line(tmp_path, content, message):
    assert refusal(write(tmp_path, content, "nuclei.csv")) == message


def test_a_table_in_um_needs_the_resolution(tmp_path):
    path = write(tmp_path, "Centroid X µm,Centroid Y µm\n1,2\n", "nuclei.csv")
    assert refusal(path, None) == "FILE has places in um; expected the resolution of its image: give --mpp"


def test_a_table_may_have_ids_labels_a_byte_order_mark_and_semicolons(tmp_path):
    path = write(tmp_path, "\ufeffID;X;Y;Label\nseven;1.5;2;tumour\n;3;4;\n", "nuclei.csv")
    nuclei = list(open_nuclei(path))
    assert [(n.identity, n.x, n.y, n.label) for n in nuclei] == [("seven", 1.5, 2, "tumour"), ("2", 3, 4, None)]


@pytest.mark.parametrize("kind", ["MultiPolygon", "MultiPoint"])
@pytest.mark.parametrize("properties_first", [True, False])
def test_a_feature_that_is_too_long_for_memory_is_read_part_by_part(tmp_path, kind, properties_first):
    part = SQUARE if kind == "MultiPolygon" else [3, 3]
    geometry = {"coordinates": [part] * 500, "type": kind}
    members = {"properties": {"objectType": "annotation", "classification": {"name": "Größe"}}, "geometry": geometry}
    if not properties_first:
        members = dict(reversed(members.items()))
    big = {"type": "Feature", "id": "all", **members}
    path = write(tmp_path, [{**feature(), "id": "µ"}, feature(polygon([[0, 0]] * 1000)), big])
    whole, pieces = survey(GeoJsonReader(path, 0.25)), survey(GeoJsonReader(path, 0.25, largest=300, chunk=64))
    assert whole.skipped == {
        "points beside detections" if kind == "MultiPoint" else "annotations beside detections or points": 500
    }
    assert pieces.skipped == {**whole.skipped, "objects too large for a nucleus": 1}
    path = write(tmp_path, [big])
    whole, pieces = survey(GeoJsonReader(path, 0.25)), survey(GeoJsonReader(path, 0.25, largest=300, chunk=64))
    assert [(n.identity, n.x, n.label) for n in pieces] == [(n.identity, n.x, n.label) for n in whole]
    assert (len(pieces), next(iter(pieces)).identity, next(iter(pieces)).label) == (500, "all-1", "Größe")
