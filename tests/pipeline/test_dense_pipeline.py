import json

import numpy as np
import pytest

from nucleoscope.data.crops import Crops
from nucleoscope.data.overlap import Overlaps
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.data.synthetic import crop_origins, cut_crops, make_fields
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import Bundle, BundleConfig, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline.dense import HELD_OUT, add_dense_engine, part_tiles, tile_fields
from nucleoscope.pipeline.linked_crops import LinkedCrops
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.prediction.dense.storing import read_record
from nucleoscope.prediction.fields import cut_windows

SIZE = 64


class Listening(Silent):
    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture(scope="module")
def linked():
    """Crops of four synthetic fields at their true places."""
    fields = make_fields(4, seed=1, size=256)
    crops, origins = cut_crops(fields, SIZE), crop_origins(fields, SIZE)
    tile = np.unique(crops.groups, return_inverse=True)[1].astype(np.int64)
    empty = np.empty((0, 2), np.int64)
    overlaps = Overlaps(tile, origins[:, 0], origins[:, 1], empty, empty, (SIZE, SIZE))
    return LinkedCrops(Dataset(crops, None, None, tuple(range(4)), ()), overlaps)


def test_tiles_are_fields_whose_windows_are_the_crops(linked):
    wanted = np.arange(0, len(linked.overlaps), 2)
    seen = []
    for field, crops in tile_fields(linked, wanted):
        assert np.array_equal(cut_windows(field, (SIZE, SIZE)), linked.dataset.crops.images[crops])
        seen += crops.tolist()
    assert sorted(seen) == wanted.tolist()


def test_no_tile_is_begun_after_enough_nuclei(linked):
    sizes = [len(crops) for _, crops in tile_fields(linked, np.arange(len(linked.overlaps)), most=1)]
    assert len(sizes) == 1


def test_tiles_are_parted_wholly():
    tile = np.repeat(np.arange(20), np.arange(1, 21))
    fitted, held_out = part_tiles(tile)
    assert sorted([*fitted, *held_out]) == list(range(20))
    assert HELD_OUT <= np.isin(tile, held_out).mean() < HELD_OUT + 20 / len(tile)
    assert [len(part) for part in part_tiles(np.array([0, 0, 0, 5]))] == [1, 1]
    with pytest.raises(DataError) as error:
        part_tiles(np.zeros(4, np.int64))
    assert str(error.value) == (
        "the training crops lie on a single tile; a dense engine needs another one to be measured on"
    )


def test_a_bundle_gets_an_engine_and_its_record(linked, tmp_path):
    specification = Specification(Kind.MODEL2, 4, (SIZE, SIZE), backbone="resnet18", surround=0.3)
    crops: Crops = linked.dataset.crops
    config = BundleConfig(specification, crops.classes, tuple(range(4)), (0.5,) * 3, (0.25,) * 3)
    save_bundle(tmp_path, Bundle(specification.build(None)[0], config), "card")
    train, reporter = np.arange(0, len(crops), 8), Listening()
    record = add_dense_engine(tmp_path, linked, train, "tiles", reporter)
    assert record == read_record(tmp_path)
    assert record.fitted_nuclei == len(train)
    assert 0 < record.nuclei < len(train)
    assert record.tiles in (1, 2, 3)
    assert record.glance_agreement <= record.agreement <= 1
    assert reporter.said == [
        f"dense engine: decides like the crop engine on {record.agreement:.1%} of {record.nuclei} nuclei of training "
        f"tiles left out of a first fit (tiles split), with second looks at {record.second_looks:.1%} of them"
    ]
    assert json.loads((tmp_path / "dense" / "dense.json").read_text())["protocol"] == "tiles"
