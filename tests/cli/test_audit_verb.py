"""`nucleoscope audit` as a user calls it."""

import json
import shutil
import sys

import pytest

from nucleoscope.cli.app import main


def call(monkeypatch, *arguments):
    """Run the command line; its exit code, 0 if it returned."""
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_everything_is_written_and_said(competition, monkeypatch, tmp_path, capsys):
    out, mosaics = tmp_path / "out", tmp_path / "mosaics"
    options = ("--seed", 2, "--val-fraction", 0.4, "--mpp", 0.25, "--classes", "a,b,c,d")
    assert call(monkeypatch, "audit", competition, "--out", out, "--mosaic", mosaics, *options) == 0
    said = capsys.readouterr().out
    record = json.loads((out / "audit.json").read_text())
    assert record["split_settings"] == {"seed": 2, "val_fraction": 0.4, "select_fraction": 0.2}
    for protocol in ("random", "tiles"):
        split = record["splits"][protocol]
        crops = split["validation"]["crops"]
        assert f"Split {protocol}, seed 2, " in said
        assert (
            f"{protocol} split, {crops} validation crops): {split['baselines']['closest_crop']['accuracy']:.1%}" in said
        )
    assert f"of {record['with_test']['test']['crops']} test crops" in said
    assert (out / "tiles.csv").is_file()
    assert (mosaics / "tile-0001.png").is_file()


def test_nothing_is_written_where_nothing_is_asked_for(competition, monkeypatch, tmp_path, capsys):
    pictures, here = tmp_path / "pictures", tmp_path / "here"
    shutil.copytree(competition / "train", pictures)
    here.mkdir()
    monkeypatch.chdir(here)
    assert call(monkeypatch, "audit", competition, "--test", pictures) == 0
    assert list(here.iterdir()) == []
    assert "(100.0%) share pixels with a labelled crop" in capsys.readouterr().out


def test_a_folder_that_is_not_empty_is_refused(competition, monkeypatch, tmp_path, capsys):
    (tmp_path / "note.txt").write_text("mine")
    assert call(monkeypatch, "audit", competition, "--out", tmp_path) == 2
    assert capsys.readouterr().err == (
        f'error: "{tmp_path}" exists and is not an empty folder; expected a new one: choose another --out\n'
    )
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_settings_outside_their_range_are_one_line(monkeypatch, capsys):
    assert call(monkeypatch, "audit", "demo", "--val-fraction", 1.5) == 2
    assert capsys.readouterr().err == (
        "error: val_fraction is 1.5; expected more than 0 and less than 1, such as 0.3\n"
    )
