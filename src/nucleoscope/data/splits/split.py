"""Splits of crops into a part to fit on, a part to select by and a part to report on.

Crops that share pixels are not independent: with neighbours on both sides, a random split measures memory
(non-independence in the taxonomy of leakage by Kapoor and Narayanan, Patterns 4(9), 2023). Under
`Protocol.TILES` no tile is on two sides. A tile split is still not a patient split.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.tile_choice import share_out
from nucleoscope.errors import DataError

LEAST_TILES = 3  # one for each part


class Protocol(StrEnum):
    """What the parts of a split may have in common, and with it what a number measured on them means."""

    RANDOM = "random"  # tiles: comparable with published numbers and leaderboards
    TILES = "tiles"  # no tile: what to expect on new tissue


class Part(StrEnum):
    """The parts of a split; `fit` and `select` together are the training part."""

    FIT = "fit"  # weights are fitted on it
    SELECT = "select"  # search, epoch, temperature and thresholds are chosen by it
    VAL = "val"  # is reported, and never chooses anything


PART_TYPE = "<U6"  # as long as the longest value


@dataclass(frozen=True)
class Split:
    """Each of N crops in exactly one part.

    Attributes:
        protocol: what the parts may have in common.
        fit: positions of the crops to fit on, ascending.
        select: positions of the crops to select by, ascending.
        val: positions of the crops to report on, ascending.
        tile: (N,) the tile of each crop, or None where it is not known.
    """

    protocol: Protocol
    fit: NDArray[np.int64]
    select: NDArray[np.int64]
    val: NDArray[np.int64]
    tile: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check that the parts are disjoint and cover all crops and, under `tiles`, that no tile is in two.

        Raises:
            DataError: a part is empty or not in order, or a crop or a tile is not in exactly one.
        """
        for part, positions in self.parts.items():
            if not len(positions):
                raise DataError(f"no crop is in {part}; each part needs at least one: add crops")
            if (np.diff(positions) <= 0).any():
                raise DataError(f"the positions in {part} do not ascend; sort them and name each once")
        times = np.bincount(np.concatenate([self.fit, self.select, self.val]), minlength=len(self))
        if (times != 1).any():
            crop = int((times != 1).argmax())
            raise DataError(f"crop {crop} is in {times[crop]} parts; each crop belongs in exactly one")
        if self.protocol is Protocol.TILES:
            self._check_tiles()

    def _check_tiles(self) -> None:
        tile = known_tiles(self.tile, len(self))
        for (part, crops), (other, others) in combinations(self.parts.items(), 2):
            both = np.intersect1d(tile[crops], tile[others])
            if len(both):
                raise DataError(
                    f"tile {both[0]} is in {part} and in {other}; "
                    "a split by tiles keeps all crops of a tile in one part"
                )

    @classmethod
    def of_parts(cls, protocol: Protocol, part_of: NDArray[np.str_], tile: NDArray[np.int64] | None) -> "Split":
        """A split from the part of each crop, (N,), as `part_of` gives it."""
        fit, select, val = (np.flatnonzero(part_of == part) for part in Part)
        return cls(protocol, fit, select, val, tile)

    def __len__(self) -> int:
        if self.tile is not None:
            return len(self.tile)
        return len(self.fit) + len(self.select) + len(self.val)

    @property
    def parts(self) -> dict[Part, NDArray[np.int64]]:
        """The positions in each part."""
        return {Part.FIT: self.fit, Part.SELECT: self.select, Part.VAL: self.val}

    @property
    def train(self) -> NDArray[np.int64]:
        """Positions of the training part, `fit` and `select` together, ascending."""
        return np.sort(np.concatenate([self.fit, self.select]))

    def part_of(self) -> NDArray[np.str_]:
        """The part of each crop, (N,), as text that equals the values of `Part`."""
        part_of = np.empty(len(self), PART_TYPE)
        for part, positions in self.parts.items():
            part_of[positions] = part
        return part_of

    def missing(self, labels: NDArray[np.int64], n_classes: int) -> dict[Part, tuple[int, ...]]:
        """The classes that a part has no crop of.

        Args:
            labels: (N,) in 0..C-1.
            n_classes: C.
        """
        counts = {part: np.bincount(labels[crops], minlength=n_classes) for part, crops in self.parts.items()}
        return {part: tuple(np.flatnonzero(count == 0).tolist()) for part, count in counts.items()}


def make_split(
    labels: NDArray[np.int64],
    protocol: Protocol,
    *,
    classes: Sequence[str],
    val_fraction: float,
    select_fraction: float,
    seed: int,
    tile: NDArray[np.int64] | None = None,
) -> Split:
    """Split crops into fit, select and val; the same seed gives the same split.

    `random` draws from every class by itself: at least one crop of it for each part, and of a class with two
    crops one for fit and one for val. `tiles` takes whole tiles, first for val and then for select, so that
    each class's share is near the wanted one, as far as its tiles allow. A class on two tiles is in fit and val
    and a class on one tile in fit, unless other classes or a part would have nothing; `Split.missing` tells.
    Where tiles are few, one choice may be so much better that several seeds lead to it.

    Args:
        labels: (N,) in 0..C-1.
        protocol: what the parts may have in common.
        classes: C class names, for messages.
        val_fraction: share of all crops to report on, between 0 and 1.
        select_fraction: share of the training part to select by, between 0 and 1.
        seed: seed of all choices.
        tile: (N,) the tile of each crop, kept in the split under both protocols and needed under `tiles`.

    Raises:
        DataError: a fraction, the crops of a class or the number of tiles does not allow a split.
    """
    for name, fraction in (("val_fraction", val_fraction), ("select_fraction", select_fraction)):
        if not 0 < fraction < 1:
            raise DataError(f"{name} is {fraction}; expected a number above 0 and below 1, such as 0.3")
    check_classes(labels, classes)
    random = np.random.default_rng(seed)
    if protocol is Protocol.TILES:
        part = _by_tiles(labels, known_tiles(tile, len(labels)), val_fraction, select_fraction, random)
    else:
        part = _by_crops(labels, val_fraction, select_fraction, random)
    return Split.of_parts(protocol, part, tile)


def _by_crops(
    labels: NDArray[np.int64], val_fraction: float, select_fraction: float, random: np.random.Generator
) -> NDArray[np.str_]:
    """The part of each crop, (N,), chosen class by class."""
    part_of = np.full(len(labels), Part.FIT, PART_TYPE)
    for label in np.unique(labels):
        crops = random.permutation(np.flatnonzero(labels == label))
        last = len(crops) - 1  # one stays in fit
        val = min(max(round(val_fraction * len(crops)), 1), max(last - 1, 1))
        select = min(max(round(select_fraction * (len(crops) - val)), 1), last - val)
        part_of[crops[:val]] = Part.VAL
        part_of[crops[val : val + select]] = Part.SELECT
    return part_of


def _by_tiles(
    labels: NDArray[np.int64],
    tile: NDArray[np.int64],
    val_fraction: float,
    select_fraction: float,
    random: np.random.Generator,
) -> NDArray[np.str_]:
    """The part of each crop, (N,), chosen tile by tile."""
    numbers, row = np.unique(tile, return_inverse=True)
    if len(numbers) < LEAST_TILES:
        raise DataError(
            f"only {len(numbers)} {'tile' if len(numbers) == 1 else 'tiles'} found; "
            f"a split by tiles needs at least {LEAST_TILES}, one for each of fit, select and val: "
            "add crops from other tissue or use --split random"
        )
    val, select = share_out(tile_counts(labels, row), val_fraction, select_fraction, random)
    part_of_tile = np.full(len(numbers), Part.FIT, PART_TYPE)
    part_of_tile[val], part_of_tile[select] = Part.VAL, Part.SELECT
    return part_of_tile[row]


def tile_counts(labels: NDArray[np.int64], row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Crops of each class on each tile, (T, C).

    Args:
        labels: (N,) in 0..C-1.
        row: (N,) the tile of each crop in 0..T-1.
    """
    counts = np.zeros((row.max() + 1, labels.max() + 1), np.int64)
    np.add.at(counts, (row, labels), 1)
    return counts


def known_tiles(tile: NDArray[np.int64] | None, count: int) -> NDArray[np.int64]:
    """The tile of each crop, (N,).

    Raises:
        DataError: it is not known, or not of this many crops.
    """
    if tile is None:
        raise DataError("a split by tiles needs the tile of each crop, and none is known: find overlaps first")
    if tile.shape != (count,):
        raise DataError(f"{count} crops have tiles of shape {tile.shape}; each needs exactly one")
    return tile


def check_classes(labels: NDArray[np.int64], classes: Sequence[str]) -> None:
    """Refuse labels (N,) of which a class has fewer than two.

    Raises:
        DataError: there is such a class.
    """
    for name, count in zip(classes, np.bincount(labels, minlength=len(classes)), strict=True):
        if count < 2:
            raise DataError(
                f'class "{name}" has {count} {"crop" if count == 1 else "crops"}; '
                "every class needs at least 2: add crops or remove the class"
            )
