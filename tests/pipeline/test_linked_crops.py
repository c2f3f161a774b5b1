"""Labelled and test crops together: tiles, coordinates and the file that lists them."""

import csv

import numpy as np
import pytest

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.pipeline.linked_crops import LinkedCrops, link_crops
from nucleoscope.pipeline.reporter import Silent

# In one field: labelled crops 0 and 2 are linked by the test crop between them only; 1 and 3 lie apart.
LABELLED = [(0, 10), (200, 0), (60, 10), (200, 40)]
TESTED = [(30, 0), (400, 0)]


class Listener(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


def cut(corners, prefix):
    field = np.random.default_rng(0).integers(0, 256, (100, 480, 3), dtype=np.uint8)
    images = np.stack([field[y : y + 50, x : x + 50] for x, y in corners])
    return Crops(images, tuple(f"{prefix}{number}.png" for number in range(len(corners))))


def dataset(test):
    crops = cut(LABELLED, "")
    labelled = Crops(crops.images, crops.names, labels=np.array([0, 1, 0, 1]), classes=("a", "b"))
    return Dataset(labelled, test, None, (0, 1), ())


@pytest.fixture
def linked():
    return link_crops(dataset(cut(TESTED, "")), Silent())


def test_test_crops_join_what_labelled_crops_leave_apart(linked):
    assert linked.overlaps.tile.tolist() == [0, 1, 0, 1, 0, 2]
    assert linked.test.tolist() == [4, 5]
    assert link_crops(dataset(None), Silent()).overlaps.tile.tolist() == [0, 1, 2, 1]


def test_the_labelled_crops_alone_keep_their_tiles(linked):
    alone = linked.labelled
    assert alone.tile.tolist() == [0, 1, 0, 1]
    assert alone.tiles == 2
    assert alone.pairs.tolist() == [[1, 3]]
    assert alone.offsets.tolist() == [[0, 40]]
    assert (alone.x.tolist(), alone.y.tolist()) == ([0, 0, 60, 0], [0, 0, 0, 40])  # from 0 in each tile
    assert linked.overlaps.y.tolist() == [10, 0, 10, 40, 0, 0]


def test_pictures_are_those_of_both_sets(linked):
    pictures = [linked.picture(position) for position in range(6)]
    np.testing.assert_array_equal(pictures, np.concatenate([cut(LABELLED, "").images, cut(TESTED, "").images]))


def test_tiles_csv_has_a_row_for_each_crop(linked, tmp_path):
    linked.write(tmp_path / "tiles.csv")
    with (tmp_path / "tiles.csv").open(newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [
        ["name", "set", "tile", "x", "y"],
        ["0.png", "labelled", "0", "0", "10"],
        ["1.png", "labelled", "1", "0", "0"],
        ["2.png", "labelled", "0", "60", "10"],
        ["3.png", "labelled", "1", "0", "40"],
        ["0.png", "test", "0", "30", "0"],
        ["1.png", "test", "2", "0", "0"],
    ]


def test_what_is_said():
    listener = Listener()
    link_crops(dataset(cut(TESTED, "")), listener)
    link_crops(dataset(None), listener)
    alone = dataset(None)
    none = Crops(alone.crops.images[:2], ("0", "1"), labels=np.array([0, 1]), classes=("a", "b"))
    assert isinstance(link_crops(Dataset(none, None, None, (0, 1), ()), listener), LinkedCrops)
    assert listener.said == [
        "3 pairs of crops share pixels; the 4 labelled and 2 test crops come from 3 tiles",
        "1 pair of crops shares pixels; the 4 labelled crops come from 3 tiles",
        "no two crops share pixels",
    ]
