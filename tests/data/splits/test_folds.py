import numpy as np
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.folds import make_folds
from nucleoscope.errors import DataError

CLASSES = ("a", "b", "c")
RANDOM = np.random.default_rng(1)
TILE = RANDOM.integers(30, size=600)
LABELS = (TILE + RANDOM.integers(2, size=600)) % 3


def _folds(protocol, folds=5, labels=LABELS, tile=TILE, seed=0):
    return make_folds(labels, protocol, classes=CLASSES, folds=folds, select_fraction=0.2, seed=seed, tile=tile)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_every_crop_is_validated_once(protocol):
    validated = np.concatenate([split.val for split in _folds(protocol)])
    assert np.sort(validated).tolist() == list(range(len(LABELS)))


@pytest.mark.parametrize("protocol", list(Protocol))
@pytest.mark.parametrize("folds", [2, 5])
def test_every_part_has_every_class_in_about_its_share(protocol, folds):
    for split in _folds(protocol, folds):
        assert not any(split.missing(LABELS, 3).values())
        share = np.bincount(LABELS[split.val], minlength=3) / np.bincount(LABELS)
        assert np.abs(share - 1 / folds).max() < 0.08


def test_no_tile_is_in_two_parts_of_a_fold():
    for split in _folds(Protocol.TILES):  # the split itself asserts it; here once more from outside
        parts = split.part_of()
        assert all(len(set(parts[tile == TILE])) == 1 for tile in range(30))


def test_the_seed_decides():
    def validated(seed):
        return [split.val.tolist() for split in _folds(Protocol.TILES, seed=seed)]

    assert validated(3) == validated(3)
    assert validated(3) != validated(4)


def test_a_class_on_one_tile_is_missing_elsewhere_but_every_fold_works():
    labels = np.where(TILE == 0, 2, TILE % 2)
    missing = [split.missing(labels, 3)["val"] for split in _folds(Protocol.TILES, labels=labels)]
    assert sorted(missing) == [(), (2,), (2,), (2,), (2,)]


def test_a_class_with_two_crops_under_random():
    labels = np.where(np.arange(600) < 2, 2, LABELS % 2)
    assert sum((labels[split.val] == 2).sum() for split in _folds(Protocol.RANDOM, labels=labels)) == 2


def test_too_few_tiles_are_an_error():
    with pytest.raises(DataError) as caught:
        _folds(Protocol.TILES, tile=TILE % 4)
    assert str(caught.value) == (
        "only 4 tiles found; 5 folds by tiles need at least 5: "
        "add crops from other tissue, take fewer folds or use --split random"
    )


def test_too_few_crops_are_an_error():
    with pytest.raises(DataError) as caught:
        _folds(Protocol.RANDOM, folds=601)
    assert str(caught.value) == "600 crops do not make 601 folds; expected at most 600 folds"
