"""Runs compared: never across protocols, crop by crop where they share crops, and said where they do not."""

import csv
import json
import shutil

import pytest
from page_parts import Parts

from conftest import CLASSES, HOSTILE_CLASS
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.report.comparison import write_comparison


def _compare(runs, out):
    return Parts(write_comparison(runs, out / "page.html").read_text(encoding="utf-8"))


def _edit_predictions(folder, change):
    path = folder / "model1" / "predictions.csv"
    with path.open(newline="") as stream:
        header, *rows = csv.reader(stream)
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *(change(row) for row in rows)])


@pytest.fixture
def other(runs, tmp_path):
    """The single run again, whose model1 has the first ten wrong ones right."""
    folder = shutil.copytree(runs / "single", tmp_path / "other")
    left = [10]

    def corrected(row):
        if row[1] == row[2] or not left[0]:
            return row
        left[0] -= 1
        return [row[0], row[1], row[1], *("1.0" if name == row[1] else "0.0" for name in CLASSES)]

    _edit_predictions(folder, corrected)
    return folder


def test_runs_on_the_same_crops_are_compared_crop_by_crop(runs, other, tmp_path):
    words = _compare([runs / "single", other], tmp_path).section("pairs")
    gain = 100 * 10 / 39
    assert f"other: model1 (C) is right {gain:.1f} points more often than single: model1 (A) (95 % interval +" in words
    assert "points, clear; paired bootstrap over 11 tiles; tiles split, 39 shared validation crops)." in words
    assert "single: model2 (B) and other: model2 (D) are right equally often" in words


def test_numbers_of_different_protocols_are_kept_apart_and_it_is_said(runs, tmp_path):
    parts = _compare([runs / "single", runs / "both", runs / "folds"], tmp_path)
    figures = parts.section("figures")
    assert "These runs were measured under different protocols." in figures
    captions = [caption["text"] for caption in parts.of("caption")]
    assert captions[:2] == ["Protocol tiles", "Protocol random"]
    _, random = figures.split("Protocol random")
    assert "both: model1, random" in random
    assert "single" not in random
    assert (
        "single: model1 (A) and both: model1, random (C) are not compared: tiles split against random split, so their "
        "numbers do not mean the same."
    ) in parts.section("pairs")
    charts = [svg["aria-label"] for svg in parts.of("svg")]
    assert [label.split(".")[0] for label in charts] == [
        "Accuracy against time, tiles split",
        "Accuracy against time, random split",
    ]


def test_runs_without_a_crop_in_common_or_with_other_labels_are_not_paired(runs, other, tmp_path):
    _edit_predictions(other, lambda row: [f"other-{row[0]}", *row[1:]])
    words = _compare([runs / "single", other], tmp_path).section("pairs")
    assert "single: model1 (A) and other: model1 (C) share no validation crop, so that they are not compared" in words
    _edit_predictions(other, lambda row: [row[0].removeprefix("other-"), CLASSES[0], *row[2:]])
    words = _compare([runs / "single", other], tmp_path).section("pairs")
    assert "are not compared crop by crop: 29 of 39 shared names have other labels" in words


def test_data_and_settings_that_differ_are_told(runs, other, tmp_path):
    record = json.loads((other / "run.json").read_text())
    record["fingerprint"] = "0" * 64
    record["settings"]["epochs"] = 9
    (other / "run.json").write_text(json.dumps(record))
    parts = _compare([runs / "single", other], tmp_path)
    assert "The data of these runs differ (their fingerprints do)" in parts.section("figures")
    assert parts.section("settings") == "Settings that differ setting single other epochs 2 9"


def test_folders_of_one_name_are_told_apart_by_where_they_lie(runs, tmp_path):
    twin = shutil.copytree(runs / "single", tmp_path / HOSTILE_CLASS.replace("/", "") / "single")
    parts = _compare([runs / "single", twin], tmp_path)
    assert f"{twin.parent.name}/single: model1" in parts.section("figures")
    assert [script.get("type") for script in parts.of("script")] == [None]


def test_what_cannot_be_compared_is_one_line(runs, single, tmp_path):
    with pytest.raises(ConfigError) as twice:
        write_comparison([single, single], tmp_path / "page.html")
    assert str(twice.value) == f'"{single}" is named twice; expected two different run folders or more to compare'
    for kind in ("model1", "model2"):
        (single / kind / "metrics.json").unlink()
    with pytest.raises(RunFolderError) as unfinished:
        write_comparison([runs / "single", single], tmp_path / "page.html")
    assert str(unfinished.value) == (
        f'"{single}" has no model that was evaluated; expected a finished run: go on with it with --resume'
    )
    assert not (tmp_path / "page.html").exists()
