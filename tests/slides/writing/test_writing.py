"""What is written holds the same facts in every format."""

import csv
import json
import warnings

import numpy as np
import pytest
from PIL import Image

from nucleoscope.errors import ConfigError
from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.slides.results import Carried, Nucleus, Verdicts
from nucleoscope.slides.writing import FORMATS, ImageFacts, overlay, results, write_results

IMAGE = ImageFacts("field.png", 0.5, (400, 300))
COLOURS = dict(zip(("normal", "cancer"), class_colours(2), strict=True))
SQUARE = np.array([[100.0, 100], [120, 100], [120, 120], [100, 120]])
PROBABILITIES = ["probability_normal", "probability_cancer"]
PARTS = {"type": "MultiPolygon", "coordinates": [[[*SQUARE.tolist(), SQUARE[0].tolist()]]] * 2}
NUCLEI = [
    Nucleus("7", 110, 110, (SQUARE,), "old", Carried(measurements={"Area": 400.0}, name="mine")),
    Nucleus("0f9d9c4e-6f0c-4c1a-9a55-7d9f6f0f0a01", 30.5, 40.25),
    Nucleus("pen", 300, 200),
    Nucleus("two", 110, 110, (SQUARE,), carried=Carried(parts=PARTS)),
]
VERDICTS = Verdicts(
    ("normal", "cancer"),
    np.array([[0.25, 0.75], [0.9, 0.1], [np.nan, np.nan], [0.4, 0.6]], np.float32),
    np.array([0.5, 0.125, np.nan, 3], np.float32),
    np.array(["", "", "pen", "foreign"]),
)


def write(folder, formats, **options):
    return write_results(folder, IMAGE, NUCLEI, iter([VERDICTS]), COLOURS, formats, **options)


def test_geojson_is_word_for_word_what_qupath_reads(tmp_path):
    write(tmp_path, ["geojson"])
    lines = (tmp_path / "nuclei.geojson").read_text(encoding="utf-8").splitlines()
    assert lines[0] == '{"type":"FeatureCollection","features":['
    assert json.loads(lines[1].rstrip(",")) == {
        "type": "Feature",
        "id": "d7b021f5-9c30-5430-aee4-a3f76d625e36",
        "geometry": {"type": "Polygon", "coordinates": [[[100, 100], [120, 100], [120, 120], [100, 120], [100, 100]]]},
        "properties": {
            "objectType": "detection",
            "name": "mine",
            "classification": {"name": "cancer", "color": [86, 180, 233]},
            "measurements": {
                "Area": 400.0,
                "Probability: normal": 0.25,
                "Probability: cancer": 0.75,
                "Confidence": 0.75,
                "Novelty": 0.5,
            },
            "metadata": {"source id": "7"},
        },
    }
    plain, pen, parts = (json.loads(line.rstrip(",")) for line in lines[2:5])
    assert (plain["id"], "metadata" in plain["properties"]) == (NUCLEI[1].identity, False)
    assert plain["geometry"] == {"type": "Point", "coordinates": [30.5, 40.25]}
    assert pen["properties"]["classification"] == {"name": "unsure: pen", "color": [138, 144, 156]}
    assert pen["properties"]["measurements"] == {}
    assert parts["geometry"] == PARTS
    assert parts["properties"]["classification"]["name"] == "unsure: foreign"
    assert parts["properties"]["measurements"]["Probability: cancer"] == 0.6
    assert lines[5:] == ["]}"]


def test_the_same_nucleus_of_the_same_image_always_gets_the_same_id(tmp_path):
    def ids(name, image):
        write_results(tmp_path / name, image, NUCLEI, iter([VERDICTS]), COLOURS, ["geojson"])
        return [f["id"] for f in json.loads((tmp_path / name / "nuclei.geojson").read_text())["features"]]

    one, same, other = ids("a", IMAGE), ids("b", IMAGE), ids("c", ImageFacts("other.png", 0.5, (400, 300)))
    assert one == same
    assert (one[0] != other[0], one[1] == other[1]) == (True, True)


def test_csv_leaves_empty_what_is_not_known(tmp_path):
    write(tmp_path, ["csv"])
    with (tmp_path / "nuclei.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["id", "x", "y", "label", "predicted", "confidence", *PROBABILITIES, "novelty", "unsure"],
        ["7", "110", "110", "old", "cancer", "0.75", "0.25", "0.75", "0.5", ""],
        ["0f9d9c4e-6f0c-4c1a-9a55-7d9f6f0f0a01", "30.5", "40.25", "", "normal", "0.9", "0.9", "0.1", "0.125", ""],
        ["pen", "300", "200", "", "", "", "", "", "", "pen"],
        ["two", "110", "110", "", "cancer", "0.6", "0.4", "0.6", "3.0", "foreign"],
    ]


def test_parquet_has_the_columns_of_the_csv_and_outlines_that_shapely_reads(tmp_path):
    pq, shapely = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("shapely")
    write(tmp_path, ["parquet", "csv"])
    table = pq.read_table(tmp_path / "nuclei.parquet")
    with (tmp_path / "nuclei.csv").open(encoding="utf-8") as stream:
        assert table.column_names == [*next(csv.reader(stream)), "geometry"]
    assert table["predicted"].to_pylist() == ["cancer", "normal", None, "cancer"]
    assert table["confidence"].null_count == 1
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert [shape.geom_type for shape in shapes] == ["Polygon", "Point", "Point", "Polygon"]
    assert (shapes[0].area, shapes[0].centroid.x) == (400, 110)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["columns"][geo["primary_column"]]["encoding"] == "WKB"


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_anndata_has_classes_for_variables_and_places_in_spatial(tmp_path):
    anndata = pytest.importorskip("anndata")
    write(tmp_path, ["h5ad"])
    found = anndata.read_h5ad(tmp_path / "nuclei.h5ad")
    np.testing.assert_array_equal(found.X, VERDICTS.probabilities)
    assert (list(found.var_names), list(found.obs_names)) == (["normal", "cancer"], [n.identity for n in NUCLEI])
    np.testing.assert_array_equal(found.obsm["spatial"], [(n.x, n.y) for n in NUCLEI])
    assert list(found.obs["cell_type"]) == ["cancer", "normal", "unsure: pen", "unsure: foreign"]
    assert (found.uns["mpp"], found.uns["image"]) == (0.5, "field.png")


@pytest.mark.filterwarnings("ignore::FutureWarning", "error::UserWarning")
def test_two_nuclei_of_one_id_keep_it(tmp_path):
    anndata = pytest.importorskip("anndata")
    twins = [NUCLEI[0]] * len(NUCLEI)
    write_results(tmp_path, IMAGE, twins, iter([VERDICTS]), COLOURS, ["h5ad"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert list(anndata.read_h5ad(tmp_path / "nuclei.h5ad").obs_names) == ["7"] * len(NUCLEI)


def test_the_summary_counts_shares_and_densities(tmp_path):
    summary = write(tmp_path, ["summary"], source="cells.json", left_out={"tile objects": 2})
    found = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    area = 400 * 300 * 0.25 / 1e6
    assert found == {
        "image": "field.png",
        "mpp": 0.5,
        "width": 400,
        "height": 300,
        "area_mm2": area,
        "source": "cells.json",
        "nuclei": 4,
        "classified": 2,
        "classes": {
            "normal": {"count": 1, "share": 0.5, "density_per_mm2": 1 / area},
            "cancer": {"count": 1, "share": 0.5, "density_per_mm2": 1 / area},
        },
        "unsure": {"foreign": 1, "pen": 1},
        "left_out": {"tile objects": 2},
    }
    assert (summary.nuclei, summary.classified, summary.counts) == (4, 2, {"normal": 1, "cancer": 1})


@pytest.fixture
def _small_canvas(monkeypatch):
    monkeypatch.setattr(overlay, "_CANVAS", 600)


@pytest.mark.usefixtures("_small_canvas")
def test_no_nuclei_are_written_in_every_format(tmp_path):
    pytest.importorskip("anndata")
    picture = np.full((30, 40, 3), 230, np.uint8)
    summary = write_results(tmp_path, IMAGE, [], iter([]), COLOURS, list(FORMATS), picture=picture)
    assert {path.name for path in tmp_path.iterdir()} == {kind.file for kind in FORMATS.values()}
    assert (summary.nuclei, summary.share("normal")) == (0, None)
    assert json.loads((tmp_path / "nuclei.geojson").read_text()) == {"type": "FeatureCollection", "features": []}


@pytest.mark.usefixtures("_small_canvas")
def test_the_overlay_has_the_colours_of_the_classes_where_the_nuclei_are(tmp_path):
    picture = np.full((300, 400, 3), 240, np.uint8)
    write(tmp_path, ["overlay"], picture=picture)
    pixels = np.asarray(Image.open(tmp_path / "overlay.png").convert("RGB")).astype(int)
    for colour in COLOURS.values():
        wanted = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
        assert (abs(pixels - wanted).max(axis=2) < 12).sum() > 60  # a dot or outline, and the legend's
    rim = np.concatenate([pixels[:20].ravel(), pixels[-20:].ravel(), pixels[:, :20].ravel(), pixels[:, -20:].ravel()])
    assert rim.min() == 255, "something is cut off"


def test_a_failure_leaves_what_was_there(tmp_path):
    write(tmp_path, ["geojson", "csv"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def broken():
        yield VERDICTS
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_results(tmp_path, IMAGE, NUCLEI * 2, broken(), COLOURS, ["geojson", "csv", "summary"])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_nucleus_without_a_verdict_is_an_error(tmp_path):
    with pytest.raises(AssertionError, match="there are nuclei without a verdict"):
        write_results(tmp_path, IMAGE, [*NUCLEI, NUCLEI[1]], iter([VERDICTS]), COLOURS, ["csv"])
    with pytest.raises(AssertionError):
        write_results(tmp_path, IMAGE, NUCLEI[:2], iter([VERDICTS]), COLOURS, ["csv"])
    assert not list(tmp_path.iterdir())


def test_unknown_formats_and_missing_packages_say_what_to_do(tmp_path, monkeypatch):
    with pytest.raises(ConfigError) as raised:
        write(tmp_path, ["geojsn"])
    assert str(raised.value) == (
        'unknown format "geojsn"; expected some of geojson, csv, parquet, h5ad, overlay, summary; did you mean '
        '"geojson"?'
    )
    monkeypatch.setattr(results, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as raised:
        write(tmp_path, ["csv", "h5ad"])
    assert str(raised.value) == (
        "format \"h5ad\" needs the package anndata, which is not installed: pip install 'nucleoscope[slides]', or "
        "leave it out"
    )


def test_a_verdict_needs_a_reason_where_the_model_was_not_asked():
    with pytest.raises(AssertionError, match="not asked, and no reason for it"):
        Verdicts(("a", "b"), np.full((1, 2), np.nan, np.float32), None, np.array([""]))
