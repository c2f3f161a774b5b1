"""What lies around a crop is what the field has there."""

import dataclasses

import numpy as np
import pytest

from nucleoscope.data.crops import Crops
from nucleoscope.data.overlap.symmetries import turned
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline.linked_crops import LinkedCrops, Overlaps
from nucleoscope.pipeline.surroundings import read_places
from nucleoscope.web.pictures.surroundings import Surroundings

SIZE = 24
CORNERS = np.array([(0, 0), (20, 4), (40, 30), (4, 44), (90, 90)])  # x, y of crops of one field; the last apart


@pytest.fixture(scope="module")
def field():
    return np.random.default_rng(0).integers(0, 256, (120, 120, 3), dtype=np.uint8)


def write_and_open(field, folder, orientation=(0, 0, 0, 0, 0)):
    """Four labelled crops and a test crop, each turned back from how it lies on the tile."""
    pictures = [field[y : y + SIZE, x : x + SIZE] for x, y in CORNERS]
    inverse = {0: 0, 1: 1, 5: 6}
    images = np.stack([turned(p, inverse[o]) for p, o in zip(pictures, orientation, strict=True)])
    order = [0, 1, 2, 4]
    labels = np.array([0, 1, 0, 1])
    crops = Crops(images[order], ("a", "b", "c", "alone"), labels, ("x", "y"))
    test = Crops(images[[3]], ("tested",))
    dataset = Dataset(crops, test, None, (0, 1), ())
    places = CORNERS[[*order, 3]]
    none = np.zeros((0, 2), np.int64)
    overlaps = Overlaps(
        pairs=none,
        offsets=none,
        tile=np.array([0, 0, 0, 1, 0]),
        x=places[:, 0],
        y=places[:, 1],
        size=(SIZE, SIZE),
        conflicts=0,
        orientation=np.array(orientation)[[*order, 3]],
    )
    table = folder / "tiles.csv"
    LinkedCrops(dataset, overlaps).write(table)
    return Surroundings(read_places(table, dataset), dataset), dataset, table


def expected(field, corner):
    """What crops show of the square of three sides around a crop, RGBA."""
    known = np.zeros((field.shape[0] + 2 * SIZE, field.shape[1] + 2 * SIZE, 4), np.uint8)
    for x, y in CORNERS[:4]:
        known[y + SIZE : y + 2 * SIZE, x + SIZE : x + 2 * SIZE, :3] = field[y : y + SIZE, x : x + SIZE]
        known[y + SIZE : y + 2 * SIZE, x + SIZE : x + 2 * SIZE, 3] = 255
    x, y = corner
    return known[y : y + 3 * SIZE, x : x + 3 * SIZE]


def seen(pixels):
    """With nothing where it is transparent."""
    return np.where(pixels[..., 3:] == 255, pixels, 0)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_neighbours_and_test_crops_show_the_field(field, tmp_path, position):
    surroundings, dataset, _ = write_and_open(field, tmp_path)
    found = surroundings.around(position)
    assert np.array_equal(seen(found), expected(field, CORNERS[position]))
    middle = found[SIZE : 2 * SIZE, SIZE : 2 * SIZE, :3]
    assert np.array_equal(middle, dataset.crops.images[position])


def test_a_crop_that_lies_turned_on_its_tile_is_shown_as_it_is(field, tmp_path):
    surroundings, dataset, _ = write_and_open(field, tmp_path, (0, 5, 1, 0, 0))
    for position, inverse in ((0, 0), (1, 6), (2, 1)):
        found = surroundings.around(position)
        assert np.array_equal(seen(found), turned(expected(field, CORNERS[position]), inverse))
        assert np.array_equal(found[SIZE : 2 * SIZE, SIZE : 2 * SIZE, :3], dataset.crops.images[position])


def test_a_crop_alone_has_nothing_around_it(field, tmp_path):
    surroundings, _, _ = write_and_open(field, tmp_path)
    assert surroundings.has_neighbours().tolist() == [True, True, True, False, True]
    assert (surroundings.around(3)[..., 3] == 255).sum() == SIZE * SIZE


def test_a_table_of_other_crops_is_refused(field, tmp_path):
    _, dataset, table = write_and_open(field, tmp_path)
    other = dataclasses.replace(dataset, test=None)
    with pytest.raises(RunFolderError) as error:
        read_places(table, other)
    assert str(error.value) == (
        f'"{table}" is not about the crops of this run; expected a row with name, set, tile, x, y for each, labelled '
        "ones first: start again with another --out"
    )
