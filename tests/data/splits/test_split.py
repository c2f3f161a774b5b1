"""Splits as partitions, over many class make-ups and seeds, and their file."""

import itertools
import re

import numpy as np
import pytest

from nucleoscope.data.splits import Part, Protocol, Split, make_split
from nucleoscope.data.splits.table import read_split, write_split
from nucleoscope.errors import DataError, RunFolderError

NAMES = ("epithelium", "cancer", "muscle", "immune", "other", "debris")


def split_of(labels, protocol, *, seed=0, tile=None, val_fraction=0.3, select_fraction=0.2):
    return make_split(
        labels,
        protocol,
        classes=NAMES[: labels.max() + 1],
        val_fraction=val_fraction,
        select_fraction=select_fraction,
        seed=seed,
        tile=tile,
    )


def random_table(rng, tiles, classes, *, filled=0.5):
    """Shuffled labels and tiles of crops; each class has at least two crops and each tile one."""
    counts = rng.integers(1, 60, (tiles, classes)) * (rng.random((tiles, classes)) < filled)
    counts[rng.integers(tiles, size=classes), np.arange(classes)] += 2
    counts[np.arange(tiles), rng.integers(classes, size=tiles)] += 1
    where = rng.permutation(np.repeat(np.arange(counts.size), counts.ravel()))
    return where % classes, where // classes


def assert_partition(split, count):
    everyone = np.concatenate([split.fit, split.select, split.val])
    np.testing.assert_array_equal(np.sort(everyone), np.arange(count))
    for positions in split.parts.values():
        assert positions.dtype == np.int64
        assert len(positions)
        assert (np.diff(positions) > 0).all()
    np.testing.assert_array_equal(split.train, np.setdiff1d(np.arange(count), split.val))
    for part, positions in split.parts.items():
        np.testing.assert_array_equal(np.flatnonzero(split.part_of() == part), positions)


@pytest.mark.parametrize("seed", range(30))
def test_a_random_split_is_a_stratified_partition(seed):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(6), rng.integers(3, 200, 6))
    val_fraction, select_fraction = rng.uniform(0.05, 0.9, 2)
    split = split_of(labels, Protocol.RANDOM, seed=seed, val_fraction=val_fraction, select_fraction=select_fraction)
    assert_partition(split, len(labels))
    assert split.missing(labels, 6) == {Part.FIT: (), Part.SELECT: (), Part.VAL: ()}
    for label in range(6):
        total = (labels == label).sum()
        val, select = ((labels[part] == label).sum() for part in (split.val, split.select))
        assert abs(val - val_fraction * total) <= 2
        assert abs(select - select_fraction * (total - val)) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_a_class_with_two_crops_is_in_fit_and_val(seed):
    labels = np.array([0] * 20 + [1] * 2)
    split = split_of(labels, Protocol.RANDOM, seed=seed, val_fraction=0.01, select_fraction=0.99)
    assert_partition(split, 22)
    assert split.missing(labels, 2) == {Part.FIT: (), Part.SELECT: (1,), Part.VAL: ()}


@pytest.mark.parametrize("seed", range(60))
def test_a_tile_split_is_a_partition_of_whole_tiles(seed):
    rng = np.random.default_rng(seed)
    labels, tile = random_table(rng, int(rng.integers(3, 60)), int(rng.integers(2, 7)))
    split = split_of(labels, Protocol.TILES, seed=seed, tile=tile)
    assert_partition(split, len(labels))
    for one, other in itertools.combinations(split.parts.values(), 2):
        assert not set(tile[one]) & set(tile[other])


def always_missing(counts):
    """The smallest number of classes missing from parts, over all ways to give tiles to three parts."""
    parts = np.array(list(itertools.product(range(3), repeat=len(counts))))
    parts = parts[[len(set(row)) == 3 for row in parts.tolist()]]
    return min(sum((((parts == part) @ (counts > 0)) == 0).sum(axis=1) for part in range(3)))


@pytest.mark.parametrize("seed", range(40))
def test_each_class_is_in_every_part_where_its_tiles_allow(seed):
    rng = np.random.default_rng(seed)
    labels, tile = random_table(rng, int(rng.integers(3, 8)), int(rng.integers(2, 5)))
    counts = np.zeros((tile.max() + 1, labels.max() + 1), int)
    np.add.at(counts, (tile, labels), 1)
    split = split_of(labels, Protocol.TILES, seed=seed, tile=tile)
    if ((counts > 0).sum(axis=0) >= 2).all():  # else the one tile of a class goes to fit, whatever the others lose
        missing = split.missing(labels, counts.shape[1])
        assert sum(map(len, missing.values())) == always_missing(counts)


@pytest.mark.parametrize("seed", range(20))
def test_shares_are_near_the_wanted_ones_with_many_tiles(seed):
    labels, tile = random_table(np.random.default_rng(seed), 150, 4, filled=0.3)
    split = split_of(labels, Protocol.TILES, seed=seed, tile=tile)
    whole, val, select = (np.bincount(labels[part], minlength=4) for part in (slice(None), split.val, split.select))
    np.testing.assert_allclose(val / whole, 0.3, atol=0.03)
    np.testing.assert_allclose(select / (whole - val), 0.2, atol=0.03)


def test_a_class_on_one_or_two_tiles_is_reported():
    tile = np.repeat(np.arange(8), 10)
    labels = np.zeros(80, np.int64)
    labels[tile == 0] = 1  # one tile: fit
    labels[(tile == 1) | (tile == 2)] = 2  # two tiles: fit and val
    for seed in range(10):
        split = split_of(labels, Protocol.TILES, seed=seed, tile=tile)
        assert split.missing(labels, 3) == {Part.FIT: (), Part.SELECT: (1, 2), Part.VAL: (1,)}


def test_no_part_is_empty_when_each_class_has_its_own_tile():
    labels = np.repeat(np.arange(3), 10)
    assert_partition(split_of(labels, Protocol.TILES, tile=labels), 30)


def test_crops_that_are_all_tiles_of_their_own_can_be_split():
    labels = np.repeat(np.arange(4), 2000)
    split = split_of(labels, Protocol.TILES, tile=np.arange(8000))
    assert_partition(split, 8000)
    assert abs(len(split.val) / 8000 - 0.3) < 0.01


@pytest.mark.parametrize("protocol", list(Protocol))
def test_seeds_decide_the_split(protocol):
    labels, tile = random_table(np.random.default_rng(0), 40, 4)
    splits = [split_of(labels, protocol, seed=seed, tile=tile) for seed in (0, 0, *range(1, 10))]
    np.testing.assert_array_equal(splits[0].part_of(), splits[1].part_of())
    assert len({split.val.tobytes() for split in splits}) == 10


def test_tile_numbers_need_not_be_consecutive():
    labels, tile = random_table(np.random.default_rng(0), 10, 3)
    plain = split_of(labels, Protocol.TILES, tile=tile)
    scattered = split_of(labels, Protocol.TILES, tile=7 * tile + 1000)
    np.testing.assert_array_equal(plain.part_of(), scattered.part_of())


def assert_data_error(message, call):
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize(("tiles", "found"), [(1, "1 tile"), (2, "2 tiles")])
def test_too_few_tiles_are_refused(tiles, found):
    labels = np.array([0, 1] * 10)
    assert_data_error(
        f"only {found} found; a split by tiles needs at least 3, one for each of fit, select and val: "
        "add crops from other tissue or use --split random",
        lambda: split_of(labels, Protocol.TILES, tile=np.arange(20) % tiles),
    )


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", ["val_fraction", "select_fraction"])
def test_fractions_outside_0_to_1_are_refused(name, fraction):
    assert_data_error(
        f"{name} is {fraction}; expected a number above 0 and below 1, such as 0.3",
        lambda: split_of(np.array([0, 0, 0, 1, 1, 1]), Protocol.RANDOM, **{name: fraction}),
    )


@pytest.mark.parametrize(("labels", "found"), [([0, 0, 0, 1], "1 crop"), ([0, 0, 0, 0], "0 crops")])
@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_class_with_fewer_than_two_crops_is_refused(protocol, labels, found):
    assert_data_error(
        f'class "muscle" has {found}; every class needs at least 2: add crops or remove the class',
        lambda: make_split(
            np.array(labels),
            protocol,
            classes=("immune", "muscle"),
            val_fraction=0.3,
            select_fraction=0.2,
            seed=0,
            tile=np.arange(4),
        ),
    )


def test_tiles_must_be_known_and_fit():
    labels = np.array([0, 0, 1, 1])
    assert_data_error(
        "a split by tiles needs the tile of each crop, and none is known: find overlaps first",
        lambda: split_of(labels, Protocol.TILES),
    )
    assert_data_error(
        "4 crops have tiles of shape (3,); each needs exactly one",
        lambda: split_of(labels, Protocol.TILES, tile=np.arange(3)),
    )


@pytest.mark.parametrize(
    ("fit", "select", "val", "message"),
    [
        ([0, 1], [2], [], "no crop is in val; each part needs at least one: add crops"),
        ([1, 0], [2], [3], "the positions in fit do not ascend; sort them and name each once"),
        ([0, 1], [2], [2, 3], "crop 2 is in 2 parts; each crop belongs in exactly one"),
        ([0, 1], [2], [4], "crop 3 is in 0 parts; each crop belongs in exactly one"),
    ],
)
def test_parts_that_are_no_partition_are_refused(fit, select, val, message):
    parts = [np.array(part, np.int64) for part in (fit, select, val)]
    assert_data_error(message, lambda: Split(Protocol.RANDOM, *parts))


def test_a_tile_in_two_parts_is_refused_only_under_tiles():
    parts = np.array([0, 1]), np.array([2]), np.array([3])
    tile = np.array([0, 1, 2, 1])
    assert len(Split(Protocol.RANDOM, *parts, tile)) == 4
    assert_data_error(
        "tile 1 is in fit and in val; a split by tiles keeps all crops of a tile in one part",
        lambda: Split(Protocol.TILES, *parts, tile),
    )


def test_a_tile_for_each_crop_covers_them_all():
    parts = np.array([0]), np.array([1]), np.array([2])
    assert_data_error(
        "crop 3 is in 0 parts; each crop belongs in exactly one",
        lambda: Split(Protocol.RANDOM, *parts, np.arange(4)),
    )


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("seed", range(3))
def test_a_split_survives_its_file(tmp_path, protocol, seed):
    labels, tile = random_table(np.random.default_rng(seed), 12, 3)
    names = [f'crop, "{number}".png' for number in range(len(labels))]
    split = split_of(labels, protocol, seed=seed, tile=tile)
    write_split(tmp_path / "split.csv", split, names)
    back = read_split(tmp_path / "split.csv", names, protocol)
    assert back.protocol is protocol
    np.testing.assert_array_equal(back.part_of(), split.part_of())
    np.testing.assert_array_equal(back.tile, tile)
    other_order = read_split(tmp_path / "split.csv", names[::-1], protocol)
    np.testing.assert_array_equal(other_order.part_of(), split.part_of()[::-1])


def test_the_file_has_a_line_for_each_crop(tmp_path):
    split = Split(Protocol.RANDOM, np.array([1]), np.array([0]), np.array([2]), np.array([5, 0, 7]))
    write_split(tmp_path / "split.csv", split, ["a.png", "b.png", "c.png"])
    assert (tmp_path / "split.csv").read_text().splitlines() == [
        "name,part,tile",
        "a.png,select,5",
        "b.png,fit,0",
        "c.png,val,7",
    ]


def test_unknown_tiles_stay_unknown_in_the_file(tmp_path):
    split = Split(Protocol.RANDOM, np.array([1]), np.array([0]), np.array([2]))
    write_split(tmp_path / "split.csv", split, ["a", "b", "c"])
    assert "a,select,\n" in (tmp_path / "split.csv").read_text()
    assert read_split(tmp_path / "split.csv", ["a", "b", "c"], Protocol.RANDOM).tile is None


BAD_LINE = "; expected a name that no other line has, one of fit, select and val, and the number of a tile or nothing"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", '{path} starts with ""; expected "name,part,tile"'),
        ("name,part\n", '{path} starts with "name,part"; expected "name,part,tile"'),
        ("name,part,tile\na,fit,0\nb,test,1\nc,val,2\n", '{path} has "b,test,1" in line 3' + BAD_LINE),
        ("name,part,tile\na,fit,0\nb,select\nc,val,2\n", '{path} has "b,select" in line 3' + BAD_LINE),
        ("name,part,tile\na,fit,zero\nb,select,1\nc,val,2\n", '{path} has "a,fit,zero" in line 2' + BAD_LINE),
        ("name,part,tile\na,fit,0\nb,select,1\nb,val,2\n", '{path} has "b,val,2" in line 4' + BAD_LINE),
        (
            "name,part,tile\na,fit,0\nb,select,1\n",
            '{path} has no line for "c": use the data that the run was made with or start a new run',
        ),
        (
            "name,part,tile\na,fit,0\nb,select,1\nc,val,2\nd,val,2\n",
            '{path} has a line for "d", which the data has not: '
            "use the data that the run was made with or start a new run",
        ),
        (
            "name,part,tile\na,fit,0\nb,select,\nc,val,2\n",
            "{path} is not a valid split: some crops have a tile and some have none; expected all or none",
        ),
        (
            "name,part,tile\na,fit,0\nb,select,1\nc,val,0\n",
            "{path} is not a valid split: tile 0 is in fit and in val; "
            "a split by tiles keeps all crops of a tile in one part",
        ),
        (
            "name,part,tile\na,fit,0\nb,fit,1\nc,val,2\n",
            "{path} is not a valid split: no crop is in select; each part needs at least one: add crops",
        ),
    ],
)
def test_a_damaged_file_is_refused_with_one_clear_line(tmp_path, text, message):
    path = tmp_path / "split.csv"
    path.write_text(text)
    with pytest.raises(RunFolderError, match=f"^{re.escape(message.format(path=path))}$"):
        read_split(path, ["a", "b", "c"], Protocol.TILES)


def test_a_missing_file_is_refused(tmp_path):
    path = tmp_path / "split.csv"
    message = f"there is no {path}; give the folder of a run, or start a new run"
    with pytest.raises(RunFolderError, match=f"^{re.escape(message)}$"):
        read_split(path, ["a"], Protocol.TILES)
