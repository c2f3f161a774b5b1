"""Cross-validation and the run under both protocols, on tiny crops."""

import csv
import json

import pytest

from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import folds as folds_module
from nucleoscope.pipeline.both import gap_sentence, run_both
from nucleoscope.pipeline.folds import run_folds
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings

SETTINGS = RunSettings(trials=0, epochs=1, models=("model1",))

pytestmark = pytest.mark.usefixtures("short_runs")


@pytest.fixture(scope="module")
def folder(competition, tmp_path_factory):
    """A cross-validation that was stopped after its first fold and then went on."""
    out = tmp_path_factory.mktemp("runs") / "folds"
    done = []

    def killed_later(*arguments, **options):
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return run(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folds_module, "run", killed_later)
        with pytest.raises(KeyboardInterrupt):
            run_folds(competition, out, 2, SETTINGS)
    first = (out / "fold-1" / "run.json").stat().st_mtime_ns
    folder = run_folds(competition, out, 2, SETTINGS, resume=True)
    assert (out / "fold-1" / "run.json").stat().st_mtime_ns == first
    return folder


def _rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_crop_is_predicted_once_by_a_model_that_did_not_see_it(folder, competition):
    names = [row["name"] for row in _rows(folder.model(Kind.MODEL1).predictions)]
    assert sorted(names) == sorted(row["Filename"] for row in _rows(competition / "train.csv"))
    for number in (1, 2):
        split = {row["name"]: row["part"] for row in _rows(folder.path / f"fold-{number}" / "split.csv")}
        predicted = [row["name"] for row in _rows(folder.path / f"fold-{number}" / "model1" / "predictions.csv")]
        assert all(split[name] == "val" for name in predicted)


def test_the_pooled_figures_are_those_of_the_pooled_predictions(folder):
    files = folder.model(Kind.MODEL1)
    metrics, rows = json.loads(files.metrics.read_text()), _rows(files.predictions)
    assert metrics["protocol"] == "tiles"
    assert metrics["crops"] == len(rows) == sum(fold["crops"] for fold in metrics["folds"])
    assert metrics["accuracy"] == pytest.approx(sum(row["label"] == row["predicted"] for row in rows) / len(rows))
    weighted = sum(fold["accuracy"] * fold["crops"] for fold in metrics["folds"]) / len(rows)
    assert metrics["accuracy"] == pytest.approx(weighted, abs=0.003)  # predictions are written with six digits
    assert {path.name for path in files.path.iterdir()} == {
        "metrics.json",
        "predictions.csv",
        "confusion.csv",
        "confusion.png",
    }


def test_the_crops_are_decoded_once_for_all_folds(folder):
    assert not (folder.path / ".nucleoscope-cache").exists()
    assert (folder.path.parent / ".nucleoscope-cache").is_dir()


def test_a_folder_of_folds_is_not_overwritten(folder, competition):
    with pytest.raises(RunFolderError) as error:
        run_folds(competition, folder.path, 2, SETTINGS)
    assert str(error.value) == (
        f'"{folder.path}" already holds a run; expected a new folder: choose another --out, '
        "or go on with that run with --resume and the same command"
    )


def test_a_folder_with_other_things_is_not_written_into(competition, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunFolderError) as error:
        run_folds(competition, tmp_path, 2, SETTINGS)
    assert str(error.value) == (
        f'"{tmp_path}" exists and is not an empty folder; expected a new one: choose another --out'
    )


def test_a_stage_of_a_folder_of_folds_asks_which(folder):
    with pytest.raises(RunFolderError) as error:
        folder.read()
    assert str(error.value) == (
        f'"{folder.path}" holds several runs (fold-1, fold-2); expected one: name one of these folders'
    )


def test_one_fold_is_no_cross_validation(competition, tmp_path):
    with pytest.raises(ConfigError) as error:
        run_folds(competition, tmp_path / "r", 1, SETTINGS)
    assert str(error.value) == "folds is 1; expected 2 or more"


def test_both_protocols_are_put_side_by_side(competition, tmp_path):
    folder = run_both(competition, tmp_path / "both", SETTINGS)
    record = json.loads((folder.path / "comparison.json").read_text())["model1"]
    for protocol in ("random", "tiles"):
        metrics = json.loads((folder.path / protocol / "model1" / "metrics.json").read_text())
        assert metrics["protocol"] == protocol
        assert record[protocol]["accuracy"] == metrics["accuracy"]
        assert record[protocol]["crops"] == metrics["crops"]
    assert record["difference"] == pytest.approx(record["random"]["accuracy"] - record["tiles"]["accuracy"])
    assert record["sentence"] == gap_sentence(record["difference"])
    assert (folder.path / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_the_difference_is_called_what_it_is():
    assert gap_sentence(0.105) == (
        "10.5 points of the accuracy under the random split come from having seen the same tiles (shared pixels, "
        "stain, surroundings); on new tissue of this kind they are not there"
    )
    assert gap_sentence(-0.02) == (
        "on tiles that were never seen it is 2.0 points better than under the random split: these validation tiles "
        "are easier than the average, or few; try other seeds or --folds"
    )


def test_resuming_with_another_number_of_folds_is_refused_and_changes_nothing(folder, competition):
    with pytest.raises(RunFolderError) as error:
        run_folds(competition, folder.path, 3, SETTINGS, resume=True)
    assert str(error.value) == (
        f'"{folder.path}" was begun with the runs fold-1, fold-2, not fold-1, fold-2, fold-3; '
        "resume with the same command, or choose another --out"
    )
    assert json.loads((folder.path / "runs.json").read_text()) == {"runs": ["fold-1", "fold-2"]}
