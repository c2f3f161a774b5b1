"""Run folders that lack something, hold more, or are damaged; and when a report is written again."""

import json
import os
import shutil

import numpy as np
import pytest
from made_up_runs import STAGES
from page_parts import Parts
from PIL import Image

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import NucleoscopeError, RunFolderError
from nucleoscope.evaluation.label_review import Suspects
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import run as run_module
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.out_of_fold import Folding
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.review_files import Review, write_review
from nucleoscope.pipeline.run import load_prepared, run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.report import pictures, writing
from nucleoscope.report.writing import report_html, write_outdated_report, write_report


def _page(folder):
    text = report_html(folder)
    return text, Parts(text)


def test_stages_that_were_not_run_are_named_with_their_command(single):
    record = json.loads((single / "run.json").read_text())
    record["stages"] = {name: s for name, s in record["stages"].items() if not name.endswith((".explain", ".evaluate"))}
    (single / "run.json").write_text(json.dumps(record))
    for kind in Kind:
        (single / kind / "metrics.json").unlink()
        (single / kind / "history.csv").unlink()
        (single / kind / "tuning.csv").unlink()
    _, parts = _page(single)
    assert parts.section("headline") == "Results No model was evaluated yet; go on with the run with --resume."
    assert parts.section("training") == "Curves No final fit yet; nucleoscope train RUN makes it."
    assert parts.section("tuning").endswith("nucleoscope tune RUN --trials 8 searches for them.")
    assert parts.section("nucleus").endswith("Not measured in this run; nucleoscope explain RUN adds it.")
    assert parts.section("explanations").endswith("No attribution maps in this run; nucleoscope explain RUN adds it.")
    assert "nucleoscope review RUN looks for those" in parts.section("labels")
    assert "nucleoscope classify IMAGE --model RUN/model2/model --out RUN/fields/NAME" in parts.section("fields")
    assert not [section for section in parts.of("section") if section["id"] in ("calibration", "sets", "failures")]
    assert "normal 33" in parts.section("data").replace("  ", " ")


def test_one_model_that_is_not_evaluated_does_not_hide_the_other(single):
    (single / "model2" / "metrics.json").unlink()
    words = _page(single)[1].section("headline")
    assert "model2: not evaluated yet; go on with the run with --resume." in words
    assert "accuracy, tiles split" in words


def test_maps_of_other_weights_are_not_shown(single):
    folder = RunFolder(single)
    folder.forget(["model1.explain"])
    _, parts = _page(single)
    assert {figure["data-explained"] for figure in parts.of("figure") if "data-explained" in figure} == {"model2"}


def test_without_the_data_all_but_pictures_of_crops_is_there_and_it_is_said(single, tmp_path):
    record = json.loads((single / "run.json").read_text())
    record["source"] = str(tmp_path / "gone")
    (single / "run.json").write_text(json.dumps(record))
    _, parts = _page(single)
    assert "Pictures of crops are left out: " in parts.section("data")
    facts = json.loads(parts.of("script")[0]["text"])
    assert facts["pictures"] == {}
    assert facts["matrices"]["m0"]["cells"]["0-0"]["crops"]  # names and probabilities
    assert len(parts.of("svg")) > 5


def test_data_that_changed_are_not_shown_as_those_of_the_run(single):
    record = json.loads((single / "run.json").read_text())
    (single / "run.json").write_text(json.dumps(record | {"fingerprint": "0" * 64}))
    words = _page(single)[1].section("data")
    assert "Pictures of crops are left out: the crops changed since the run began." in words


def test_what_is_no_run_folder_or_damaged_is_one_line(single, tmp_path):
    with pytest.raises(RunFolderError) as none:
        write_report(tmp_path / "nothing")
    assert str(none.value) == (
        f'"{tmp_path / "nothing"}" is no run folder: it has no run.json; expected what `nucleoscope run` wrote'
    )
    (single / "model1" / "metrics.json").write_text('{"accuracy": ')
    with pytest.raises(RunFolderError) as damaged:
        write_report(single)
    assert str(damaged.value) == (
        f'"{single / "model1" / "metrics.json"}" is damaged (Expecting value: line 1 column 14 (char 13)); expected '
        "what nucleoscope wrote: run that stage again"
    )
    (single / "runs.json").write_text('{"runs": ["random", "tiles"]}')
    with pytest.raises(RunFolderError) as empty:
        write_report(single)
    assert str(empty.value) == f'"{single}" holds no run that began (random, tiles); go on with --resume'


def test_of_both_protocols_one_may_be_all_there_is(runs, tmp_path):
    folder = shutil.copytree(runs / "both", tmp_path / "both")
    shutil.rmtree(folder / "random")
    words = _page(folder)[1].section("headline")
    assert "tiles split" in words
    assert "random" not in words


def test_pictures_become_smaller_until_the_page_is_small_enough(single, monkeypatch):
    generous = len(report_html(single).encode())
    monkeypatch.setattr(writing, "LARGEST", generous - 1)
    smaller = len(report_html(single).encode())
    assert smaller < generous
    monkeypatch.setattr(writing, "LARGEST", 10_000)
    monkeypatch.setattr(writing, "BUDGETS", pictures.BUDGETS[-1:])
    with pytest.raises(NucleoscopeError) as failure:
        report_html(single)
    assert str(failure.value) == (
        f'the report of "{single}" would be larger than 0 MB even with the smallest pictures; expected fewer runs or '
        "classes in one folder: report the runs in it one by one"
    )


def test_it_is_written_again_only_when_something_is_newer(single):
    assert write_outdated_report(single) is None
    (single / "report.html").unlink()
    assert write_outdated_report(single) == single / "report.html"
    before = (single / "report.html").stat().st_mtime_ns
    assert write_outdated_report(single) is None
    assert (single / "report.html").stat().st_mtime_ns == before
    os.utime(single / "model1" / "confusion.csv", ns=(before + 10**9, before + 10**9))
    assert write_outdated_report(single) == single / "report.html"


def test_fields_that_were_classified_into_the_folder_are_shown(single):
    folder = single / "fields" / "<b>one</b>"
    folder.mkdir(parents=True)
    counts = {"normal": {"count": 30, "share": 0.75, "density_per_mm2": 120.4}}
    summary = {
        "image": "<b>field</b>.png",
        "mpp": 0.25,
        "width": 1000,
        "height": 800,
        "nuclei": 42,
        "classified": 40,
        "classes": counts,
        "unsure": {"foreign": 2},
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    Image.fromarray(np.zeros((80, 100, 3), np.uint8)).save(folder / "overlay.png")
    _, parts = _page(single)
    words = parts.section("fields")
    assert "<b>field</b>.png 40 of 42 nuclei have a class (1,000 x 800 pixels at 0.25 um/pixel)." in words
    assert "normal 30 75.0% 120 unsure: foreign 2" in words
    assert [image for image in parts.of("img") if image["alt"] == "<b>field</b>.png with a dot on each nucleus"]


def test_suspicious_labels_are_shown_with_their_crops(single):
    prepared = load_prepared(RunFolder(single), Silent())
    labels = prepared.dataset.crops.targets()
    probabilities = np.full((len(labels), 4), 0.1)
    probabilities[:, 3] = 0.7
    index = np.flatnonzero(labels != 3)[:5]
    found = Suspects(index, np.full(5, 3), np.full(5, 0.1))
    review = Review(Folding(Protocol.RANDOM, 4), "model2", {}, probabilities, found, found.first(3))
    write_review(single / "model2" / "review", prepared, Kind.MODEL2, review, Silent())
    _, parts = _page(single)
    words = parts.section("labels")
    assert f"5 of {len(labels)} labels are likely wrong" in words
    assert "(4 folds, random split)" in words
    assert "The first 3 are shown" in words
    assert words.count("rather immune (70.0%)") == 3
    name = prepared.dataset.crops.names[index[0]]
    assert [image for image in parts.of("img") if image["alt"].startswith(f"crop {name}, labelled ")]


@pytest.fixture
def fields(tmp_path):
    """Six fields of noise with twelve nuclei each, of three classes."""
    folder = tmp_path / "fields"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):
        Image.fromarray(random.integers(0, 256, (90, 110, 3), dtype=np.uint8)).save(folder / f"f{number}.png")
        places = random.uniform((0, 0), (110, 90), (12, 2)).round(2)
        lines = [f"{x},{y},{'abc'[nucleus % 3]}" for nucleus, (x, y) in enumerate(places)]
        (folder / f"f{number}.csv").write_text("x,y,label\n" + "\n".join(lines) + "\n")
    return folder


def test_crops_cut_from_fields_are_reported_as_others_are(fields, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "STAGES", STAGES)
    settings = RunSettings(trials=0, models=("model1",), mpp=0.5, crop_size=32)
    folder = run(fields, tmp_path / "run", settings)
    _, parts = _page(folder.path)
    assert "tiles split" in parts.section("headline")
    assert "The tile with most crops, put together from its 12 crops alone" in parts.section("data")
    command = "nucleoscope run fields --out NEW --split tiles --models model1 --trials 0 --mpp 0.5 --crop-size 32"
    assert command in parts.section("repeating")
