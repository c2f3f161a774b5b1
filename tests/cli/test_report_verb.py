"""`nucleoscope report`, and the page that `run` and the stages leave behind."""

import sys

import pytest

from nucleoscope.cli.app import main
from nucleoscope.pipeline import run as run_module
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings


def call(monkeypatch, *arguments):
    """Run the command line; its exit code."""
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.fixture(scope="module")
def folder(competition, tmp_path_factory):
    """A run that was stopped after its audit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "STAGES", {})
        patch.setattr(run_module, "summarise", lambda *_: None)
        settings = RunSettings(trials=0, models=("model1",))
        return run(competition, tmp_path_factory.mktemp("cli") / "run", settings).path


def test_a_run_leaves_a_report_once(competition, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run_module, "STAGES", {})
    monkeypatch.setattr(run_module, "summarise", lambda *_: None)
    words = ("run", competition, "--out", tmp_path / "run", "--trials", 0, "--models", "model1")
    assert call(monkeypatch, *words) == 0
    page = tmp_path / "run" / "report.html"
    assert f"report: {page}" in capsys.readouterr().out
    before = page.stat().st_mtime_ns
    assert call(monkeypatch, *words, "--resume") == 0
    assert page.stat().st_mtime_ns == before
    assert "report:" not in capsys.readouterr().out


def test_the_verb_writes_where_it_is_told(folder, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "report", folder) == 0
    assert "Research use only." in (folder / "report.html").read_text()
    assert call(monkeypatch, "report", folder, "--out", tmp_path / "new" / "page.html") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"written: {folder / 'report.html'}",
        f"written: {tmp_path / 'new' / 'page.html'}",
    ]


def test_errors_are_one_line_and_exit_code_2(folder, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "report", folder, tmp_path) == 2
    assert capsys.readouterr().err == "error: 2 runs are to be compared; expected where to write: add --out FILE.html\n"
    assert call(monkeypatch, "report", tmp_path) == 2
    assert capsys.readouterr().err == (
        f'error: "{tmp_path}" is no run folder: it has no run.json; expected what `nucleoscope run` wrote\n'
    )
    assert call(monkeypatch, "report", folder, tmp_path, "--out", tmp_path / "page.html") == 2
    assert capsys.readouterr().err == (
        f'error: "{folder}" has no model that was evaluated; expected a finished run: go on with it with --resume\n'
    )
