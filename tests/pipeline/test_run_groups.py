"""Splits by a column that the user names."""

import csv
import json

import pytest

from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.reading import read_dataset
from nucleoscope.errors import DataError
from nucleoscope.pipeline.prepare import make_parts, resolve_protocol, single_tile_classes, units
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings

SETTINGS = RunSettings(trials=0, epochs=1, models=("model1",), groups="patient")

pytestmark = pytest.mark.usefixtures("short_runs")


@pytest.fixture(scope="module")
def grouped(competition, tmp_path_factory):
    """The tiny competition with a column `patient`, which knows nothing of the tiles."""
    folder = tmp_path_factory.mktemp("grouped")
    (folder / "train").symlink_to(competition / "train")
    with (competition / "train.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    overlaps = find_overlaps(read_dataset(competition).crops.images)
    with (folder / "train.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Filename", "Label", "patient"])
        for row, tile in zip(rows, overlaps.tile.tolist(), strict=True):
            writer.writerow([row["Filename"], row["Label"], f"p{tile // 3}"])
    return folder


def test_no_patient_and_no_tile_is_on_both_sides(grouped):
    crops = read_dataset(grouped, groups_column="patient").crops
    overlaps = find_overlaps(crops.images)
    assert resolve_protocol(crops, overlaps, SETTINGS) == "tiles"
    split = make_parts(crops, resolve_protocol(crops, overlaps, SETTINGS), overlaps, SETTINGS)
    parts = split.part_of()
    for column in (crops.groups, overlaps.tile.tolist()):
        of = {}
        for value, part in zip(column, parts.tolist(), strict=True):
            of.setdefault(value, set()).add(part)
        assert all(len(part) == 1 for part in of.values())
    assert len(set(units(crops, overlaps, SETTINGS).tolist())) < overlaps.tiles


def test_a_run_says_by_what_it_is_grouped(grouped, tmp_path):
    said = []

    class Listener(Silent):
        def say(self, text):
            said.append(text)

    folder = run(grouped, tmp_path / "r", SETTINGS, reporter=Listener())
    assert json.loads(folder.audit.read_text())["grouped_by"] == "patient"
    assert any(line.startswith('groups of column "patient" and tiles make ') for line in said)


def test_a_class_on_one_tile_is_named(grouped):
    crops = read_dataset(grouped, groups_column="patient").crops
    overlaps = find_overlaps(crops.images)
    settings = RunSettings()
    split = make_parts(crops, resolve_protocol(crops, overlaps, settings), overlaps, settings)
    lonely = {
        name for c, name in enumerate(crops.classes) if len(set(overlaps.tile[crops.targets() == c].tolist())) == 1
    }
    assert set(single_tile_classes(split, crops)) == lonely


def test_a_column_that_is_not_there(grouped, tmp_path):
    with pytest.raises(DataError) as error:
        run(grouped, tmp_path / "r", RunSettings(models=("model1",), groups="slide"))
    assert str(error.value) == (
        f'{grouped / "train.csv"} has the columns Filename, Label, patient; expected "slide" among them, from which '
        "the groups are to be read"
    )
