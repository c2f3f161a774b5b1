"""`nucleoscope classify` as a user calls it: a field and a slide in, files for others out."""

import csv
import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from nucleoscope.cli.app import main
from nucleoscope.data.synthetic import make_field
from nucleoscope.data.synthetic.slides import write_slide
from nucleoscope.models.bundle import load_bundle
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.slides import classification
from nucleoscope.slides.image import open_image


def call(monkeypatch, *arguments):
    """Run the command line; its exit code, 0 if it returned."""
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.fixture(scope="module")
def tissue():
    return make_field(21, size=256)


@pytest.fixture
def field(tissue, tmp_path):
    """A field as a picture, and its nuclei as a table."""
    folder = tmp_path / "fields"
    folder.mkdir()
    Image.fromarray(tissue.image).save(folder / "field.png")
    with (folder / "field.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["x", "y"])
        writer.writerows(tissue.centres.tolist())
    return folder / "field.png"


def _features(folder):
    return json.loads((folder / "nuclei.geojson").read_text())["features"]


def test_every_nucleus_comes_back_in_order_with_the_class_of_the_crop_engine(
    trained_bundle, tissue, field, monkeypatch, capsys
):
    nuclei = field.with_suffix(".csv")
    assert call(monkeypatch, "classify", field, "--model", trained_bundle, "--nuclei", nuclei, "--mpp", 0.25) == 0
    out = field.parent / "field-classified"
    assert sorted(path.name for path in out.iterdir()) == [
        "nuclei.csv",
        "nuclei.geojson",
        "overlay.png",
        "summary.json",
    ]
    bundle = load_bundle(trained_bundle)
    expected = predict_crops_of(bundle, Field(tissue.image, tissue.centres)).argmax(axis=1)
    features, summary = _features(out), json.loads((out / "summary.json").read_text())
    assert len(features) == len(tissue.centres) == summary["nuclei"]
    assert [feature["geometry"]["coordinates"] for feature in features] == pytest.approx(tissue.centres, abs=0.01)
    names = [feature["properties"]["classification"]["name"] for feature in features]
    sure = [not name.startswith("unsure") for name in names]
    assert sum(sure) > 0.8 * len(names)
    assert [name for name, is_sure in zip(names, sure, strict=True) if is_sure] == [
        bundle.config.classes[number] for number, is_sure in zip(expected, sure, strict=True) if is_sure
    ]
    said = capsys.readouterr().out
    assert f"{field}: PNG picture of 256x256 pixels at 0.25 um/pixel (--mpp says so)" in said
    assert f"{len(names)} nuclei in {nuclei} (" in said
    assert f"{sum(sure)} nuclei classified (" in said
    assert said.endswith(f": {out}\n")


def test_what_was_written_can_be_classified_again(trained_bundle, field, monkeypatch):
    options = ("--model", trained_bundle, "--mpp", 0.25, "--engine", "torch")
    first, second = field.parent / "first", field.parent / "second"
    assert call(monkeypatch, "classify", field, *options, "--nuclei", field.with_suffix(".csv"), "--out", first) == 0
    again = ("--nuclei", first / "nuclei.geojson", "--out", second, "--formats", "geojson")
    assert call(monkeypatch, "classify", field, *options, *again) == 0
    assert sorted(path.name for path in second.iterdir()) == ["nuclei.geojson", "summary.json"]
    for before, after in zip(_features(first), _features(second), strict=True):
        assert after["id"] == before["id"]
        assert after["geometry"] == before["geometry"]
        assert after["properties"]["classification"] == before["properties"]["classification"]


def test_nuclei_are_found_where_no_file_says_where_they_are(trained_bundle, tissue, field, monkeypatch, capsys):
    assert call(monkeypatch, "classify", field, "--model", trained_bundle, "--mpp", 0.25) == 0
    found = np.array([f["geometry"]["coordinates"] for f in _features(field.parent / "field-classified")])
    distances = np.linalg.norm(found[:, None] - tissue.centres, axis=2)
    assert (distances.min(axis=1) < 12).mean() > 0.6
    assert f"{len(found)} nuclei found by " in capsys.readouterr().out


def test_several_images_are_classified_though_one_fails(trained_bundle, field, monkeypatch, capsys):
    (field.parent / "broken.png").write_bytes(b"no picture")
    shutil.copy(field.with_suffix(".csv"), field.parent / "broken.csv")
    out = field.parent / "results"
    options = ("--model", trained_bundle, "--nuclei", field.parent, "--mpp", 0.25, "--out", out)
    assert call(monkeypatch, "classify", field.parent, *options) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "error: 1 of 2 images could not be classified (broken.png): see above; the others are done\n"
    )
    assert f"not classified: {field.parent / 'broken.png'} " in captured.out
    assert [path.name for path in out.iterdir()] == ["field-classified"]


def test_earlier_results_are_replaced_on_demand(trained_bundle, field, monkeypatch, capsys):
    options = ("--model", trained_bundle, "--nuclei", field.with_suffix(".csv"), "--mpp", 0.25, "--formats", "csv")
    assert call(monkeypatch, "classify", field, *options) == 0
    assert call(monkeypatch, "classify", field, *options) == 2
    out = field.parent / "field-classified"
    assert capsys.readouterr().err == (
        f'error: "{out}" holds earlier results; expected a new folder: choose another --out, or replace them with '
        "--overwrite\n"
    )
    assert call(monkeypatch, "classify", field, *options, "--overwrite") == 0
    assert sorted(path.name for path in field.parent.iterdir()) == ["field-classified", "field.csv", "field.png"]


def test_a_stop_leaves_what_was_there_and_nothing_half_written(trained_bundle, field, monkeypatch, capsys):
    options = ("--model", trained_bundle, "--nuclei", field.with_suffix(".csv"), "--mpp", 0.25)
    assert call(monkeypatch, "classify", field, *options) == 0
    out = field.parent / "field-classified"
    before = {path: path.read_bytes() for path in out.iterdir()}
    capsys.readouterr()

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(classification, "find_artefacts", stop)
    assert call(monkeypatch, "classify", field, *options, "--overwrite") == 130
    assert capsys.readouterr().err == ("stopped; nothing is kept of the image under way: give the same command again\n")
    assert {path: path.read_bytes() for path in out.iterdir()} == before
    assert call(monkeypatch, "classify", field, *options, "--out", field.parent / "new") == 130
    assert sorted(path.name for path in field.parent.iterdir()) == ["field-classified", "field.csv", "field.png"]


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (
            (),
            "{image} does not say how large its pixels are; expected um/pixel: give it with --mpp, such as --mpp 0.25 "
            "for a 40x scan",
        ),
        (
            ("--mpp", 4),
            "{image} has 4 um/pixel (--mpp says so), the model expects 0.25; expected at most 8 times more or less: "
            "check the resolution, or take an image nearer to it",
        ),
        (
            ("--mpp", 0.25, "--engine", "openvin"),
            'unknown engine "openvin"; expected one of auto, torch, onnxruntime, onnxruntime-int8, openvino, '
            'openvino-bf16, openvino-int8; did you mean "openvino"?',
        ),
        (
            ("--mpp", 0.25, "--formats", "geojsn"),
            'unknown format "geojsn"; expected some of geojson, csv, parquet, h5ad, overlay, summary; did you mean '
            '"geojson"?',
        ),
        (
            ("--mpp", 0.25, "--detector", "nowhere"),
            "--detector finds nuclei and --nuclei says where they are; expected one of them: leave the other out",
        ),
        (
            ("--mpp", 0.25, "--model", "nowhere"),
            '"nowhere" is no bundle: it has no config.json; expected a folder like RUN/model2/model that holds '
            "model.safetensors and config.json",
        ),
    ],
)
def test_an_error_is_one_line_and_nothing_is_written(trained_bundle, field, monkeypatch, capsys, options, line):
    before = sorted(field.parent.iterdir())
    given = ("--model", trained_bundle, "--nuclei", field.with_suffix(".csv"), *options)
    assert call(monkeypatch, "classify", field, *given) == 2
    assert capsys.readouterr().err == f"error: {line.format(image=field)}\n"
    assert sorted(field.parent.iterdir()) == before


def test_a_slide_says_its_resolution_and_gives_what_its_pixels_give(trained_bundle, tmp_path, monkeypatch, capsys):
    pytest.importorskip("openslide")
    pytest.importorskip("tifffile")
    slide = write_slide(tmp_path / "slide.svs", (1300, 1100), seed=2, fields=1)
    table = tmp_path / "nuclei.csv"
    np.savetxt(table, slide.centres, delimiter=",", header="x,y", comments="", fmt="%.2f")
    options = ("--model", trained_bundle, "--nuclei", table, "--formats", "geojson", "--engine", "torch")
    assert call(monkeypatch, "classify", slide.path, *options) == 0
    assert f"pixels at {slide.mpp:g} um/pixel (the file says so)" in capsys.readouterr().out
    with open_image(slide.path) as image:
        field = Field(image.read(0, 0, *image.size), np.round(slide.centres, 2))
    bundle = load_bundle(trained_bundle)
    expected = to_probabilities(predict_crops_of(bundle, field), bundle.config)
    features = _features(tmp_path / "slide-classified")
    assert len(features) == len(slide.centres) > 100
    asked = [
        f"Probability: {bundle.config.classes[0]}" in feature["properties"]["measurements"] for feature in features
    ]
    assert sum(asked) > 0.8 * len(asked)
    for number, name in enumerate(bundle.config.classes):
        found = [feature["properties"]["measurements"].get(f"Probability: {name}", np.nan) for feature in features]
        # Batches differ, and with them how numbers of eight bits are rounded.
        assert np.array(found)[asked] == pytest.approx(expected[asked, number], abs=0.03)


def test_of_two_models_the_mean_counts(trained_bundle, field, tmp_path, monkeypatch, capsys):
    coarse = tmp_path / "coarse"
    shutil.copytree(trained_bundle, coarse)
    config = json.loads((coarse / "config.json").read_text())
    (coarse / "config.json").write_text(json.dumps(config | {"mpp": 0.5}))
    common = ["classify", field, "--nuclei", field.with_suffix(".csv"), "--mpp", 0.25, "--engine", "torch"]
    for name, models in (("near", [trained_bundle]), ("wide", [coarse]), ("both", [trained_bundle, coarse])):
        chosen = [part for model in models for part in ("--model", model)]
        assert call(monkeypatch, *common, *chosen, "--out", tmp_path / name) == 0
    near, wide, both = (_probabilities(tmp_path / name) for name in ("near", "wide", "both"))
    assert near.keys() >= both.keys()
    assert len(both) > 0
    for number in set(near) & set(wide) & set(both):
        assert both[number] == pytest.approx((near[number] + wide[number]) / 2, abs=2e-4)


def _probabilities(folder):
    """By position among the nuclei, of those that the model was asked about."""
    found = {}
    for position, feature in enumerate(_features(folder)):
        measured = feature["properties"].get("measurements", {})
        values = [value for name, value in measured.items() if name.startswith("Probability: ")]
        if values:
            found[position] = np.array(values)
    return found
