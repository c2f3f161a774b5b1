"""Fields with a CSV of nuclei, through audit and split."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading import read_dataset
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline.audit import audit
from nucleoscope.pipeline.linked_crops import link_crops
from nucleoscope.pipeline.prepare import resolve_protocol, split_crops, units
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings

SETTINGS = RunSettings(trials=0, epochs=1, models=("model1",), mpp=0.5, crop_size=32)


class Listener(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture(scope="module")
def fields(tmp_path_factory):
    """Eight fields with twelve nuclei each, of three classes; two fields a patient."""
    folder = tmp_path_factory.mktemp("fields")
    random = np.random.default_rng(0)
    for number in range(8):
        Image.fromarray(random.integers(0, 256, (90, 110, 3), dtype=np.uint8)).save(folder / f"f{number}.png")
        with (folder / f"f{number}.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["x", "y", "label", "patient"])
            for nucleus in range(12):
                x, y = random.uniform((0, 0), (110, 90)).round(2)
                writer.writerow([x, y, "abc"[nucleus % 3], f"p{number // 2}"])
    return folder


def parts_of(split, names):
    found = {}
    for name, part in zip(names, split.part_of().tolist(), strict=True):
        found.setdefault(name, set()).add(part)
    return found


def test_no_field_is_on_both_sides(fields):
    listener = Listener()
    dataset = read_dataset(fields, crop_size=32, mpp=0.5)
    linked = link_crops(dataset, listener)
    split = split_crops(dataset, linked.labelled, SETTINGS, listener)
    assert split.protocol == "tiles"
    assert all(len(parts) == 1 for parts in parts_of(split, dataset.crops.places.fields).values())
    assert listener.said[0].endswith(" share pixels; the 96 labelled crops come from 8 fields")
    assert ", 0 to validate" not in listener.said[1]


def test_patients_keep_their_fields_together(fields):
    settings = dataclasses.replace(SETTINGS, groups="patient")
    dataset = read_dataset(fields, crop_size=32, mpp=0.5, groups_column="patient")
    linked = link_crops(dataset, Silent())
    assert units(dataset.crops, linked.labelled, settings).max() + 1 == 4
    split = split_crops(dataset, linked.labelled, settings, Silent())
    assert all(len(parts) == 1 for parts in parts_of(split, dataset.crops.groups).values())


def test_fields_are_kept_apart_where_only_pixels_tell_what_crops_share(fields):
    found = read_dataset(fields, crop_size=32, mpp=0.5)
    test = Crops(found.crops.images[:4], ("1", "2", "3", "4"))
    dataset = dataclasses.replace(found, test=test)
    linked = link_crops(dataset, Silent())
    assert linked.overlaps.tiles > 8  # crops of a field that do not touch are tiles of their own
    assert units(dataset.crops, linked.labelled, SETTINGS).max() + 1 == 8
    assert resolve_protocol(dataset.crops, linked.labelled, SETTINGS) == "tiles"


def test_the_audit_takes_fields(fields, tmp_path):
    found = audit(fields, settings=SETTINGS, out=tmp_path / "out", mosaic=tmp_path / "mosaics")
    assert found.record["tiles"] == 8
    assert found.record["splits"]["tiles"]["validation"]["share"] == 0
    assert found.record["splits"]["random"]["validation"]["share"] > 0.5
    with (tmp_path / "out" / "tiles.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 96
    assert len(list((tmp_path / "mosaics").glob("tile-*.png"))) == 8


def test_a_run_remembers_the_size_of_its_crops(fields, tmp_path):
    fold = dataclasses.replace(SETTINGS, fold=(1, 2))  # folds leave out what takes long
    folder = run(fields, tmp_path / "r", fold)
    record = json.loads((folder.path / "run.json").read_text())
    assert (record["settings"]["crop_size"], record["settings"]["split"]) == (32, "tiles")
    assert json.loads(folder.model("model1").metrics.read_text())["protocol"] == "tiles"
    assert run(fields, tmp_path / "r", fold, resume=True).path == folder.path
    with pytest.raises(RunFolderError, match=r"was begun with crop_size 32, not None; resume with the same command"):
        run(fields, tmp_path / "r", dataclasses.replace(fold, crop_size=None), resume=True)


@pytest.mark.realdata
def test_the_real_fields_agree_with_the_crops_that_were_cut_from_them(data_folder):
    cut = read_dataset(data_folder / "fields", mpp=0.25).crops
    given = read_dataset(data_folder / "kaggle").crops
    position = {name: i for i, name in enumerate(given.names)}
    both = [i for i, name in enumerate(cut.names) if name in position]
    assert len(both) > 500
    for i in both:
        assert (cut.images[i] == given.images[position[cut.names[i]]]).all()
