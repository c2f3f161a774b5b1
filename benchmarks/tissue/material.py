"""The crops of all experiments: real ones, the tiles that shared pixels reveal, and one partition into folds."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.folds import make_folds
from nucleoscope.files import replacing
from nucleoscope.pipeline.linked_crops import link_crops
from nucleoscope.pipeline.reporter import Silent

FOLDS = 5
PARTITION_SEED = 0  # the folds stay the same; the seeds of an experiment are those of its fits


@dataclass(frozen=True)
class Material:
    """Labelled crops and where they come from.

    Attributes:
        images: (N, H, W, 3) uint8.
        labels: (N,) in 0..C-1.
        classes: C names.
        tile: (N,) number of the tile.
        corner: (N, 2) top-left of each crop in its tile, x and y in pixels.
        fold: (N,) in 0..FOLDS-1; the crops of a tile are all in one.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    tile: NDArray[np.int64]
    corner: NDArray[np.int64]
    fold: NDArray[np.int64]

    def outside(self, folds: tuple[int, ...], cap: int | None = None) -> NDArray[np.int64]:
        """Positions of the crops that are in none of these folds; of a class of a tile, `cap` at most, at random."""
        found = np.flatnonzero(~np.isin(self.fold, folds))
        return found if cap is None else found[self._rank[found] < cap]

    @cached_property
    def _rank(self) -> NDArray[np.int64]:
        """A random rank of each crop among those of its class and tile, (N,)."""
        rank, random = np.empty(len(self.labels), np.int64), np.random.default_rng(0)
        group = self.tile * len(self.classes) + self.labels
        for number in np.unique(group):
            members = np.flatnonzero(group == number)
            rank[members] = random.permutation(len(members))
        return rank

    def inside(self, folds: tuple[int, ...]) -> NDArray[np.int64]:
        """Positions of the crops of these folds."""
        return np.flatnonzero(np.isin(self.fold, folds))


def read_material(data: Path, state: Path) -> Material:
    """Read the crops through the cache in `state`, and find their tiles once."""
    dataset = read_dataset(data / "kaggle", cache=state / "crops", mpp=0.25)
    crops = dataset.crops
    places = state / f"places-{crops.fingerprint[:16]}.npy"
    if not places.exists():
        overlaps = link_crops(dataset, Silent()).labelled
        with replacing(places) as temporary:
            np.save(temporary, np.column_stack([overlaps.tile, overlaps.x, overlaps.y]))
    tile, x, y = np.load(places).T
    return Material(
        crops.images,
        crops.targets(),
        crops.classes,
        tile,
        np.column_stack([x, y]),
        _folds(crops.targets(), tile, crops.classes),
    )


def _folds(labels: NDArray[np.int64], tile: NDArray[np.int64], classes: tuple[str, ...]) -> NDArray[np.int64]:
    splits = make_folds(
        labels, Protocol.TILES, classes=classes, folds=FOLDS, select_fraction=0.2, seed=PARTITION_SEED, tile=tile
    )
    fold = np.empty(len(labels), np.int64)
    for number, split in enumerate(splits):
        fold[split.val] = number
    return fold
