"""The page of each layout: what stands in it, where, and that it is whole."""

import csv
import itertools
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from made_up_runs import HOSTILE_REASON

from conftest import CLASSES, HOSTILE_CLASS, HOSTILE_FILE
from nucleoscope.report.results import Entry
from nucleoscope.report.sections.expectation import (
    ELSEWHERE,
    NOT_MEASURED,
    _by_confidence,
    _by_tile,
    expectations,
)
from nucleoscope.report.writing import LARGEST

LAYOUTS = ("single", "both", "folds")
ORDER = [
    "headline", "failures", "data", "training", "tuning", "remedies", "calibration", "sets", "nucleus",
    "explanations", "labels", "fields", "repeating",
]  # fmt: skip


def _metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_one_small_file_that_names_nothing_outside_it(pages, layout):
    text, parts = pages[layout]
    assert len(text.encode()) < LARGEST
    for element in parts.elements:
        for attribute in ("src", "href", "data", "poster", "srcset"):
            target = element.get(attribute, "#")
            assert target.startswith(("data:image/webp;base64,", "#")), (element["tag"], target[:80])
    assert not re.search(r"@import|url\(", text)
    (policy,) = [meta["content"] for meta in parts.of("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'; img-src data:;")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_reader_without_eyes_finds_the_way(pages, layout):
    _, parts = pages[layout]
    assert len(parts.of("h1")) == 1
    levels = [int(element["tag"][1]) for element in parts.elements if re.fullmatch("h[1-6]", element["tag"])]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(image["alt"] for image in parts.of("img"))
    charts = [svg for svg in parts.of("svg") if svg["role"] == "img"]
    assert len(charts) == len(parts.of("svg")) > 5
    assert all(len(chart["aria-label"]) > 15 for chart in charts)
    identities = [element["id"] for element in parts.elements if "id" in element]
    assert len(set(identities)) == len(identities)
    assert {link["href"][1:] for link in parts.of("a")} <= set(identities)
    assert all(cell.get("scope") for cell in parts.of("th"))


def test_the_sections_stand_in_their_order(pages):
    for layout in LAYOUTS:
        _, parts = pages[layout]
        keys = [section["id"] for section in parts.of("section")]
        without = {"remedies", "sets"} if layout == "folds" else set()  # pooled figures have none
        assert keys == [key for key in ORDER if key not in without]
        assert "Research use only." in parts.of("header")[0]["text"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_names_that_are_markup_stay_names(pages, layout):
    text, parts = pages[layout]
    scripts = parts.of("script")
    assert [script.get("type") for script in scripts] == ["application/json", None]
    assert "hacked" not in scripts[1]["text"]
    assert json.loads(scripts[0]["text"])["classes"] == list(CLASSES)
    assert not [name for element in parts.elements for name in element if name.startswith("on")]
    assert HOSTILE_CLASS in parts.section("headline")
    assert "muscle | {{ 7 * 7 }}" in parts.section("headline")
    assert HOSTILE_REASON in parts.section("tuning")
    assert HOSTILE_FILE not in text
    names = [element["alt"] for element in parts.of("img")]
    assert any(HOSTILE_FILE in name for name in names)


def test_the_first_screen_quotes_each_model_with_protocol_interval_and_crops(runs, pages):
    words = pages["single"][1].section("headline")
    for kind in ("model1", "model2"):
        found = _metrics(runs / "single" / kind)
        low, high = found["accuracy_ci95"]
        assert (
            f"{found['accuracy']:.1%} accuracy, tiles split 95 % interval {low:.1%} to {high:.1%}; "
            f"{found['crops']} validation crops"
        ) in words
        assert f"Right for {round(found['accuracy'] * found['crops'])} of {found['crops']} crops of tiles" in words
    assert (
        "(95 % interval +14.3 to +39.4 points, clear; paired bootstrap over 11 tiles; tiles split, 39 shared" in words
    )


def test_both_protocols_stand_side_by_side_with_their_gap(runs, pages):
    _, parts = pages["both"]
    words = parts.section("headline")
    reached = {name: _metrics(runs / "both" / name / "model1")["accuracy"] for name in ("random", "tiles")}
    gap = 100 * (reached["random"] - reached["tiles"])
    assert f"{gap:.1f} points of the accuracy under the random split come from having seen the same tiles" in words
    assert "on the random split" not in words
    chart = parts.of("svg")[0]["aria-label"]
    for protocol, accuracy in reached.items():
        assert re.search(rf"{accuracy:.1%} \([\d.]+% to [\d.]+%\), {protocol} split", chart)
    lines = [element for element in parts.elements if element.get("class") == "gap"]
    assert len(lines) == 2  # one a model


def test_what_to_expect_on_new_tissue_is_said_in_plain_words(runs, pages):
    words = pages["single"][1].section("headline")
    found = _metrics(runs / "single" / "model1")
    low, high = found["accuracy_ci95"]
    assert (
        "What to expect on new tissue model1: on tissue of this kind that it never saw, expect it to be right for "
        f"about {found['accuracy']:.0%} of the nuclei, on other tiles from {low:.0%} to {high:.0%}."
    ) in words
    assert ELSEWHERE in words
    assert words.count("expect it to be right") == 2  # once a model
    assert pages["both"][1].section("headline").count("expect it to be right") == 2  # of `random`, nothing


def test_a_random_split_says_nothing_about_new_tissue():
    made = Entry(None, SimpleNamespace(metrics={"protocol": "random"}))
    assert expectations([made]) == [NOT_MEASURED]


def test_tiles_and_confidence_are_counted():
    right = np.array([True] * 20 + [False] * 10 + [True] * 9 + [False])
    tile = np.array([0] * 20 + [1] * 20)
    assert _by_tile(right, tile) == (
        "Tiles differ: of 2 validation tiles with 10 nuclei or more, it is right for 95% or more on 1 and for less "
        "than 80% on 1; on the worst for 45%."
    )
    assert _by_tile(right[:9], tile[:9]) == ""  # too few nuclei on any tile
    confidence = np.where(np.arange(40) < 20, 0.95, 0.5)
    assert _by_confidence(right, confidence) == (
        "Where it gives a probability of 90% or more, which is for 50% of the nuclei, it is right for 100%; for the "
        "others, 45%."
    )
    assert _by_confidence(right, np.ones(40)) == ""


def test_folds_are_pooled_and_said_to_be(runs, pages):
    _, parts = pages["folds"]
    found = _metrics(runs / "folds" / "model1")
    assert f"of {found['crops']} crops of tiles that it never saw, 2 folds pooled." in parts.section("headline")
    assert "model1, fold 1" in parts.section("training")
    assert "model2, fold 2" in parts.section("training")
    assert "--folds 2" in parts.section("repeating")
    assert "Not measured in this run; nucleoscope explain RUN adds it." in parts.section("nucleus")


def test_every_cell_of_the_matrix_is_that_of_the_table_and_has_its_crops(runs, pages):
    _, parts = pages["single"]
    with (runs / "single" / "model1" / "confusion.csv").open(newline="") as stream:
        _, *rows = csv.reader(stream)
    facts = json.loads(parts.of("script")[0]["text"])
    cells = facts["matrices"]["m0"]["cells"]
    predicted = {}
    with (runs / "single" / "model1" / "predictions.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            predicted.setdefault((row["label"], row["predicted"]), []).append(row["name"])
    for true, (label, *counts) in enumerate(rows):
        for taken, count in enumerate(map(int, counts)):
            if not count:
                assert f"{true}-{taken}" not in cells
                continue
            cell = cells[f"{true}-{taken}"]
            assert cell["count"] == count
            names = [crop["name"] for crop in cell["crops"]]
            assert set(names) <= set(predicted[label, CLASSES[taken]])
            assert set(names) <= set(facts["pictures"])
            sureness = [max(crop["probabilities"]) for crop in cell["crops"]]
            assert sureness == sorted(sureness, reverse=true != taken)


def test_data_shows_counts_samples_the_leak_and_what_is_right_without_learning(runs, pages):
    _, parts = pages["both"]
    words = parts.section("data")
    audit = json.loads((runs / "both" / "tiles" / "audit.json").read_text())
    for protocol in ("random", "tiles"):
        shared = audit["splits"][protocol]["validation"]
        assert f"{protocol} {shared['crops']} {shared['share']:.1%} {shared['mean_largest']:.1%}" in words
    lines = [f"{audit['splits'][p]['baselines']['closest_crop']['accuracy']:.1%}" for p in ("random", "tiles")]
    assert f"copying the label of the crop that shares most pixels {' '.join(lines)}" in words
    dots = [element for element in parts.elements if element.get("class") == "nucleus"]
    assert len(dots) == audit["largest_tile"]
    assert "The two outlined crops have" in words


def test_failed_trials_and_the_chosen_one_are_told(pages):
    words = pages["single"][1].section("tuning")
    assert f"trial 4, after 1 epochs: {HOSTILE_REASON}" in words
    assert "3 trials with an accuracy: too few to tell which parameter matters (8 are needed" in words


def test_explained_crops_have_their_maps(pages):
    _, parts = pages["single"]
    record = [figure for figure in parts.of("figure") if figure.get("data-explained") == "model1"]
    assert len(record) >= 4
    maps = [image["alt"] for image in parts.of("img") if image["alt"].startswith("Grad-CAM map of crop ")]
    assert len(maps) == len([figure for figure in parts.of("figure") if "data-explained" in figure])
    rings = {each["style"] for each in parts.of("div") if each.get("class") == "explained"}
    assert rings == {"--ring: 43.8%"}  # a radius of a sixteenth of the side


def test_time_memory_versions_and_command_are_told(runs, pages):
    words = pages["single"][1].section("repeating")
    record = json.loads((runs / "single" / "run.json").read_text())
    assert f"prepare {record['stages']['prepare']:.1f} s {record['memory']['prepare']:,} MiB" in words
    assert f"torch {record['versions']['torch']}" in words
    assert record["fingerprint"][:12] in words
    assert str(runs) not in words
