"""A shortened run on the real crops, with floors that a broken stage would fall through."""

import csv
import json

import pytest

from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.runtime import use_threads

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def folder(data_folder, tmp_path_factory):
    use_threads()  # nothing runs beside it
    settings = RunSettings(split="random", trials=0, epochs=2, weights="offline", mpp=0.25)
    yield run(data_folder / "kaggle", tmp_path_factory.mktemp("real") / "run", settings)
    use_threads(1)


def test_the_audit_finds_the_leak(folder):
    audit = json.loads(folder.audit.read_text())
    assert audit["crops"] == 7560
    assert audit["overlapping_pairs"] > 60_000
    assert audit["conflicts"] == 0
    assert 100 < audit["tiles"] < 250
    assert audit["leak"]["share"] > 0.95


@pytest.mark.parametrize(("kind", "floor"), [(Kind.MODEL1, 0.80), (Kind.MODEL2, 0.95)])
def test_two_epochs_reach_the_floor(folder, kind, floor):
    metrics = json.loads(folder.model(kind).metrics.read_text())
    assert metrics["protocol"] == "random"
    assert metrics["crops"] == 2269
    assert metrics["accuracy"] > floor


def test_the_network_needs_more_than_the_border(folder):
    nucleus = json.loads(folder.model(Kind.MODEL2).nucleus.read_text())
    assert (nucleus["crops"], nucleus["validation_crops"]) == (500, 2269)
    erased = [hits["accuracy"] for hits in nucleus["centre_erased"]]
    assert erased[-1] < 0.8 < nucleus["whole"]["accuracy"]
    assert nucleus["centre_only"][-1]["accuracy"] > erased[-1]


def test_the_submission_fits_the_example(folder, data_folder):
    with (data_folder / "kaggle" / "example.csv").open(newline="") as stream:
        wanted = [row["Filename"] for row in csv.DictReader(stream)]
    with folder.model(Kind.MODEL2).submission.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["Filename"] for row in rows] == wanted
    assert {row["Label"] for row in rows} == {"0", "1", "2", "3"}
