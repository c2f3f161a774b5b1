"""The audit of the real crops against the fields that they were cut from, which it never sees."""

import csv

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.pipeline.audit import audit

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def found(data_folder):
    return audit(data_folder / "kaggle")


def test_what_leaks_and_what_is_right_without_learning(found):
    record = found.record
    assert record["crops"] == 7560
    assert record["conflicts"] == 0
    assert record["with_test"]["test"]["share"] > 0.98
    random, tiles = record["splits"]["random"], record["splits"]["tiles"]
    assert random["validation"]["share"] > 0.95
    assert random["baselines"]["closest_crop"]["accuracy"] > 0.9
    assert tiles["validation"]["share"] == 0
    assert tiles["baselines"]["closest_crop"]["informed"] == 0


def test_mosaics_are_the_fields_pixel_by_pixel(found, data_folder):
    position = {name: crop for crop, name in enumerate(found.linked.dataset.crops.names)}
    tables = sorted((data_folder / "fields").glob("*.csv"))
    assert tables
    for table in tables:
        with table.open(newline="") as stream:
            centres = {row["name"]: (int(row["x"]), int(row["y"])) for row in csv.DictReader(stream)}
        with Image.open(table.with_suffix(".png")) as picture:
            field = np.asarray(picture.convert("RGB"))
        crops = np.array([position[name] for name in centres if name in position])
        for tile in np.unique(found.linked.overlaps.tile[crops]):
            compare(found, field, centres, crops[found.linked.overlaps.tile[crops] == tile])


def compare(found, field, centres, crops):
    """Lay crops of one tile out, and compare with the field at the centre that its table gives for them."""
    overlaps, names = found.linked.overlaps, found.linked.dataset.crops.names
    x, y = overlaps.x[crops], overlaps.y[crops]
    mosaic = lay_out(x, y, overlaps.size, (found.linked.picture(crop) for crop in crops))
    shift = np.array([centres[names[crop]] for crop in crops]) - np.stack([x - x.min(), y - y.min()], axis=1)
    assert (shift == shift[0]).all()
    left, top = shift[0] - np.array(overlaps.size[::-1]) // 2
    height, width = mosaic.known.shape
    np.testing.assert_array_equal(
        field[top : top + height, left : left + width][mosaic.known], mosaic.image[mosaic.known]
    )
