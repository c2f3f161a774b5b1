"""Run folders of every layout, made once."""

import csv
import shutil

import pytest
from made_up_runs import STAGES
from page_parts import Parts

from nucleoscope.pipeline import run as run_module
from nucleoscope.pipeline.both import run_both
from nucleoscope.pipeline.folds import run_folds
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.report.writing import write_report

HOSTILE_CLASS = "</script><script>window.hacked=1</script>"
HOSTILE_FILE = "\"><img src=x onerror=window.hacked=1>'&.png"
CLASSES = ("normal", HOSTILE_CLASS, "muscle | {{ 7 * 7 }}", "immune")


@pytest.fixture(scope="session")
def hostile_data(competition, tmp_path_factory):
    """The tiny competition, with markup in the names of every fifth crop; its test set is left out."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(competition / "train", folder / "train")
    with (competition / "train.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    for number, row in enumerate(rows):
        if number % 5 == 0:
            name = f"{number}{HOSTILE_FILE}"
            (folder / "train" / row[0]).rename(folder / "train" / name)
            row[0] = name
    with (folder / "train.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return folder


@pytest.fixture(scope="session")
def settings():
    return RunSettings(trials=0, epochs=2, weights="offline", classes=CLASSES, mpp=0.25, seed=1)


@pytest.fixture(scope="session")
def runs(hostile_data, settings, tmp_path_factory):
    """A folder with a run of each layout, `single`, `both` and `folds`, each with its report."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "STAGES", STAGES)
        run(hostile_data, folder / "single", settings)
        run_both(hostile_data, folder / "both", settings)
        run_folds(hostile_data, folder / "folds", 2, settings)
    for name in ("single", "both", "folds"):
        write_report(folder / name)
    return folder


@pytest.fixture(scope="session")
def pages(runs):
    """The page of each layout, and its parts."""
    texts = {name: (runs / name / "report.html").read_text(encoding="utf-8") for name in ("single", "both", "folds")}
    return {name: (text, Parts(text)) for name, text in texts.items()}


@pytest.fixture
def single(runs, tmp_path):
    """A copy of the single run, to change."""
    return shutil.copytree(runs / "single", tmp_path / "single")
