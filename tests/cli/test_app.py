"""Every verb is run once for real, and every error is one line with exit code 2."""

import csv
import json
import shutil
import subprocess
import sys

import pytest

from nucleoscope.cli.app import main
from nucleoscope.pipeline import out_of_fold
from nucleoscope.pipeline.run import STAGES


def call(monkeypatch, *arguments):
    """Run the command line; its exit code, 0 if it returned."""
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.fixture(scope="module")
def folder(competition, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "run"
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(STAGES, "explain", lambda *_: None)  # the verb does it below
        options = ("--trials", 0, "--epochs", 1, "--models", "model1", "--mpp", 0.25, "--adjust")
        assert call(monkeypatch, "run", competition, "--out", folder, *options) == 0
    return folder


def test_resume_of_a_finished_run_does_nothing(folder, competition, monkeypatch, capsys):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    options = ("--trials", 0, "--epochs", 1, "--models", "model1", "--mpp", 0.25, "--adjust", "--resume")
    assert call(monkeypatch, "run", competition, "--out", folder, *options) == 0
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    assert "tiles split" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["tune", "train", "engines", "evaluate", "explain", "predict"])
def test_each_stage_runs_again_on_its_own(folder, monkeypatch, capsys, verb):
    assert call(monkeypatch, verb, folder) == 0
    assert "model1" in capsys.readouterr().out


def test_a_bundle_predicts_crops_with_no_other_file(folder, competition, tmp_path, monkeypatch, capsys):
    bundle = tmp_path / "bundle"
    (folder / "model1" / "model").rename(bundle)
    out = tmp_path / "predictions.csv"
    assert call(monkeypatch, "predict", bundle, competition / "test", "--out", out) == 0
    sets = tmp_path / "sets.csv"
    assert call(monkeypatch, "predict", bundle, competition / "test", "--out", sets, "--sets") == 0
    bundle.rename(folder / "model1" / "model")
    assert "have exactly one possible class, at a coverage of 95%" in capsys.readouterr().out
    with sets.open(newline="") as stream:
        assert list(next(csv.DictReader(stream)))[-1] == "set"
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(list((competition / "test").iterdir()))
    assert list(rows[0])[:2] == ["name", "predicted"]


@pytest.mark.parametrize("engine", ["torch", "openvino", "openvino-int8", "onnxruntime-int8"])
def test_a_bundle_predicts_with_the_engine_that_is_named(folder, competition, tmp_path, monkeypatch, capsys, engine):
    bundle, out = folder / "model1" / "model", tmp_path / "predictions.csv"
    assert call(monkeypatch, "predict", bundle, competition / "test", "--out", out, "--engine", engine) == 0
    assert f"predicting with {engine}" in capsys.readouterr().out
    assert out.is_file()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("run", "nowhere", "--out", "x", "--models", "model1"),
            "nowhere does not exist; expected train.csv (Filename,Label) beside train/ or train.zip, or a folder of "
            "PNG, JPEG, TIFF or BMP pictures for each class, also as a zip, or fields with a CSV (x,y,label) of the "
            "same name beside each, or the word demo",
        ),
        (
            ("run", "demo", "--out", "x", "--split", "patients"),
            'unknown split "patients"; expected random, tiles or both',
        ),
        (
            ("evaluate", "nowhere"),
            '"nowhere" is no run folder: it has no run.json; expected what `nucleoscope run` wrote',
        ),
        (
            ("predict", "nowhere", "crops", "--out", "x.csv"),
            '"nowhere" is no bundle: it has no config.json; expected a folder like RUN/model2/model that holds '
            "model.safetensors and config.json",
        ),
        (
            ("predict", "nowhere", "crops"),
            "no --out given; expected the CSV to write, such as --out predictions.csv",
        ),
        (
            ("predict", "nowhere", "--engine", "openvino"),
            "--engine is for crops: PyTorch predicts the test set of a run, so that the same seed gives the same "
            "file; leave --engine out",
        ),
        (
            ("predict", "nowhere", "crops", "--out", "x.csv", "--engine", "tensorflow"),
            'unknown engine "tensorflow"; expected one of auto, torch, onnxruntime, onnxruntime-int8, openvino, '
            "openvino-bf16, openvino-int8",
        ),
        (("review", "nowhere", "--split", "patients"), 'unknown split "patients"; expected random or tiles'),
        (("review", "nowhere", "--folds", "1"), "folds is 1; expected 2 or more, such as 4"),
        (
            ("run", "demo", "--out", "x", "--weights", "nowhere.pth"),
            'weights "nowhere.pth": no such file; expected "auto", "offline" or the path of a state dict of '
            "mobilenet_v2",
        ),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(monkeypatch, capsys, tmp_path, arguments, line):
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err == f"error: {line}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("short_run")
def test_a_review_writes_a_table_that_a_run_takes(folder, competition, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "review", folder, "--folds", 2, "--limit", 3, "--out", tmp_path / "review") == 0
    table = tmp_path / "review" / "labels.csv"
    said = capsys.readouterr().out
    assert f"(2 folds by crop, at random); the first 3 are in {table}" in said
    lines = table.read_text().splitlines()
    lines[1] += "drop"
    table.write_text("\n".join(lines) + "\n")
    options = ("--trials", 0, "--epochs", 1, "--models", "model1", "--corrections", table)
    assert call(monkeypatch, "run", competition, "--out", tmp_path / "run", *options) == 0
    assert f"0 labels corrected, 1 crop dropped as {table} says" in capsys.readouterr().out


def test_ctrl_c_in_a_review_says_how_to_go_on(folder, tmp_path, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(out_of_fold, "fit_final", stop)
    assert call(monkeypatch, "review", folder, "--folds", 3, "--out", tmp_path / "review") == 130
    assert capsys.readouterr().err == "stopped; the same command goes on from here\n"
    shutil.rmtree(folder / "model1" / "review")


def test_heavy_libraries_are_not_imported_before_they_are_needed():
    heavy = ("torch", "ray", "matplotlib", "cleanlab", "openvino", "onnxruntime", "onnx", "nncf")
    code = f"import sys, nucleoscope.cli.app; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


@pytest.mark.usefixtures("short_run")
def test_what_is_built_on_a_stage_that_runs_again_is_out_of_date(folder, monkeypatch, capsys):
    for verb in ("tune", "train", "engines", "evaluate", "explain", "predict"):
        assert call(monkeypatch, verb, folder) == 0
    capsys.readouterr()
    assert call(monkeypatch, "train", folder) == 0
    assert (
        "model1: out of date after this: engines, evaluate, explain, predict; run them again" in capsys.readouterr().out
    )
    assert not (folder / "model1" / "metrics.json").exists()  # it was of other weights
    assert call(monkeypatch, "evaluate", folder) == 0
    assert "out of date" not in capsys.readouterr().out
    assert (folder / "model1" / "metrics.json").exists()


@pytest.mark.usefixtures("short_run")
def test_a_search_works_in_a_relative_folder(competition, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    options = ("--trials", 2, "--epochs", 2, "--models", "model1")
    assert call(monkeypatch, "run", competition, "--out", "runs/first", *options) == 0
    with (tmp_path / "runs" / "first" / "model1" / "tuning.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2
    assert [row["chosen"] for row in rows].count("yes") == 1
    assert not (tmp_path / "runs" / "first" / "model1" / "search").exists()
    assert "trial 1 of 2" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["engines", "evaluate", "explain", "predict", "train"])
def test_a_stage_without_what_it_needs_says_so(folder, tmp_path, monkeypatch, capsys, verb):
    bare = tmp_path / "run"
    bare.mkdir()
    for name in ("run.json", "split.csv", "audit.json"):
        shutil.copy(folder / name, bare / name)
    record = json.loads((bare / "run.json").read_text())
    (bare / "run.json").write_text(json.dumps(record | {"stages": {}}))
    assert call(monkeypatch, verb, bare) == 2
    needed = {"train": "tune", "explain": "evaluate"}.get(verb, "train")
    assert capsys.readouterr().err == (
        f'error: the run in "{bare}" has no finished "{needed}" of model1; run `nucleoscope {needed}` first\n'
    )


def test_ctrl_c_says_how_to_go_on(competition, monkeypatch, tmp_path, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(STAGES, "tune", stop)
    assert call(monkeypatch, "run", competition, "--out", tmp_path / "r", "--models", "model1") == 130
    assert capsys.readouterr().err == "stopped; the same command with --resume goes on from here\n"


def test_a_place_that_cannot_be_written_is_one_line(folder, competition, monkeypatch, tmp_path, capsys):
    bundle = folder / "model1" / "model"
    assert call(monkeypatch, "predict", bundle, competition / "test", "--out", tmp_path) == 2
    assert capsys.readouterr().err == (
        f'error: "{tmp_path}": Is a directory; expected a place to read or write: check it\n'
    )


def test_folds_go_on_with_the_same_command_and_resume(competition, monkeypatch, tmp_path, capsys):
    options = ("--trials", 0, "--epochs", 1, "--models", "model1", "--folds", 2)
    assert call(monkeypatch, "run", competition, "--out", tmp_path / "folds", *options) == 0
    first = capsys.readouterr().out
    assert "model1, 2 folds pooled: " in first
    assert "tiles split" in first
    assert call(monkeypatch, "run", competition, "--out", tmp_path / "folds", *options, "--resume") == 0
    assert "final fit" not in capsys.readouterr().out  # all was there


def test_one_fold_is_one_line(monkeypatch, tmp_path, capsys):
    assert call(monkeypatch, "run", "demo", "--out", tmp_path / "r", "--folds", 1) == 2
    assert capsys.readouterr().err == "error: folds is 1; expected 2 or more\n"
