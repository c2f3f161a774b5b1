"""The audit of a tiny competition: its record, its files, and what it refuses."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import nucleoscope
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline import mosaics
from nucleoscope.pipeline.audit import audit
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.settings import RunSettings

KEYS = {
    "crops",
    "overlapping_pairs",
    "conflicts",
    "tiles",
    "largest_tile",
    "crops_that_overlap",
    "leak",
    "missing_classes",
    "grouped_by",
    "tolerance",
    "single_tile_classes",
    "with_test",
    "split_settings",
    "splits",
    "impossible_splits",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("audit")


@pytest.fixture(scope="module")
def found(competition, folder):
    settings = RunSettings(seed=1, val_fraction=0.4)
    return audit(competition, settings=settings, out=folder / "out", mosaic=folder / "mosaics")


def test_the_record_agrees_with_what_was_found(found):
    record, linked = found.record, found.linked
    assert set(record) == KEYS
    labelled, everything = linked.labelled, linked.overlaps
    assert record["crops"] == len(linked.dataset.crops) == len(labelled)
    assert record["overlapping_pairs"] == len(labelled.pairs) == (everything.pairs < len(labelled)).all(axis=1).sum()
    assert record["tiles"] == len(set(everything.tile[: len(labelled)].tolist()))
    assert record["with_test"]["crops"] == len(everything)
    assert record["with_test"]["overlapping_pairs"] == len(everything.pairs)
    of_test = everything.pairs[(everything.pairs[:, 0] < len(labelled)) & (everything.pairs[:, 1] >= len(labelled))]
    assert record["with_test"]["test"]["crops"] == len(linked.dataset.test)
    assert record["with_test"]["test"]["crops_that_overlap"] == len(np.unique(of_test[:, 1]))
    assert record["split_settings"] == {"seed": 1, "val_fraction": 0.4, "select_fraction": 0.2}


def test_every_split_says_its_protocol_and_number_of_crops(found):
    splits, count = found.record["splits"], found.record["crops"]
    assert list(splits) == ["random", "tiles"]
    for protocol, split in splits.items():
        assert split["protocol"] == protocol
        assert split["training_crops"] + split["validation"]["crops"] == count
        assert set(split["baselines"]) == {"largest_class", "closest_crop", "tile_majority", "nearest_colours"}
        assert {baseline["crops"] for baseline in split["baselines"].values()} == {split["validation"]["crops"]}
    assert splits["random"]["validation"]["share"] > 0.5
    assert splits["tiles"]["validation"]["share"] == 0
    assert found.record["leak"]["protocol"] == "tiles"
    assert found.record["leak"]["validation_crops"] == splits["tiles"]["validation"]["crops"]


def test_the_files_hold_the_same(found, folder):
    assert {path.name for path in (folder / "out").iterdir()} == {"audit.json", "tiles.csv"}
    assert json.loads((folder / "out" / "audit.json").read_text()) == json.loads(json.dumps(found.record))
    with (folder / "out" / "tiles.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [int(row["tile"]) for row in rows] == found.linked.overlaps.tile.tolist()
    assert [row["set"] for row in rows].count("test") == len(found.linked.dataset.test)


def test_each_tile_has_its_picture(found, folder):
    several = int((np.bincount(found.linked.overlaps.tile) > 1).sum())
    names = sorted(path.name for path in (folder / "mosaics").iterdir())
    assert names == [f"tile-{number:04d}.png" for number in range(1, several + 1)]
    with Image.open(folder / "mosaics" / "tile-0001.png") as picture:
        assert picture.size[0] >= 1200


def test_a_run_with_the_same_settings_takes_the_same_splits(competition):
    taken = {split: audit(competition, settings=RunSettings(split=split)).record for split in ("random", "tiles")}
    assert taken["random"]["splits"] == taken["tiles"]["splits"]
    assert taken["random"]["leak"]["share"] == taken["random"]["splits"]["random"]["validation"]["share"]


def test_a_split_that_cannot_be_made_says_why(tmp_path):
    field = np.random.default_rng(0).integers(0, 256, (60, 200, 3), dtype=np.uint8)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(6):
            left = 10 * number + (5 if name == "b" else 0)
            Image.fromarray(field[:32, left : left + 32]).save(tmp_path / name / f"{number}.png")
    record = nucleoscope.audit(tmp_path).record
    assert record["tiles"] == 1
    assert record["with_test"] is None
    assert record["splits"]["random"]["validation"]["share"] == 1
    assert record["splits"]["tiles"] is None
    assert record["impossible_splits"] == {
        "tiles": "only 1 tile found; a split by tiles needs at least 3, one for each of fit, select and val: "
        "add crops from other tissue or use --split random"
    }


@pytest.mark.parametrize("option", ["out", "mosaic"])
def test_a_folder_with_other_things_is_not_written_into(competition, tmp_path, option):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunFolderError) as error:
        audit(competition, **{option: tmp_path})
    assert str(error.value) == (
        f'"{tmp_path}" exists and is not an empty folder; expected a new one: choose another --{option}'
    )


def test_of_many_tiles_the_largest_are_drawn(found, tmp_path, monkeypatch):
    said = []

    class Listener(Silent):
        def say(self, text):
            said.append(text)

    monkeypatch.setattr(mosaics, "MOST", 2)
    mosaics.write_mosaics(tmp_path, found.linked, None, Listener())
    sizes = np.bincount(found.linked.overlaps.tile)
    several, alone = int((sizes > 1).sum()), int((sizes == 1).sum())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tile-0001.png", "tile-0002.png"]
    assert said == [
        f'2 mosaics are in "{tmp_path}", the largest tiles first; {several - 2} smaller tiles are left out; '
        f"{alone} {'tile has' if alone == 1 else 'tiles have'} a single crop"
    ]
