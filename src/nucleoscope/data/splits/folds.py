"""Folds: several splits of the same crops, whose validation parts together hold every crop once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.split import PART_TYPE, Part, Protocol, Split, check_classes, known_tiles, tile_counts
from nucleoscope.data.splits.tile_choice import Choice, take_tiles
from nucleoscope.errors import DataError

LEAST = 2
_DRAWS = 8  # at most


def make_folds(
    labels: NDArray[np.int64],
    protocol: Protocol,
    *,
    classes: Sequence[str],
    folds: int,
    select_fraction: float,
    seed: int,
    tile: NDArray[np.int64] | None = None,
) -> tuple[Split, ...]:
    """Split crops K times; the same seed gives the same folds.

    Each fold has a fit, a select and a val part of its own, so that what is chosen in one is chosen without the
    crops it is measured on. Under `random` each class is dealt out evenly; under `tiles` whole tiles are, so that
    each class's share of a fold is near 1/K as far as its tiles allow. A class on fewer tiles than folds is missing
    from some of the val parts.

    Args:
        labels: (N,) in 0..C-1.
        protocol: what the parts of a fold may have in common.
        classes: C class names, for messages.
        folds: K.
        select_fraction: share of each training part to select by, between 0 and 1.
        seed: seed of all choices.
        tile: (N,) the tile of each crop; needed under `tiles`.

    Raises:
        DataError: the crops or tiles do not allow as many folds.
    """
    check_classes(labels, classes)
    random = np.random.default_rng(seed)
    if protocol is Protocol.TILES:
        known = known_tiles(tile, len(labels))
        parts = _by_tiles(labels, known, folds, select_fraction, random)
    else:
        parts = _by_crops(labels, folds, select_fraction, random)
    return tuple(Split.of_parts(protocol, part_of, tile) for part_of in parts)


def _by_crops(
    labels: NDArray[np.int64], folds: int, select_fraction: float, random: np.random.Generator
) -> list[NDArray[np.str_]]:
    """The part of each crop, (N,), in each fold."""
    if folds > len(labels):
        raise DataError(f"{len(labels)} crops do not make {folds} folds; expected at most {len(labels)} folds")
    fold_of = np.empty(len(labels), np.int64)
    by_class = np.concatenate([random.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)])
    fold_of[by_class] = np.arange(len(labels)) % folds  # goes on through the classes, so that folds are alike in size
    parts = []
    for fold in range(folds):
        part_of = np.where(fold_of == fold, Part.VAL, Part.FIT).astype(PART_TYPE)
        for label in np.unique(labels):
            crops = random.permutation(np.flatnonzero((labels == label) & (fold_of != fold)))
            number = min(max(round(select_fraction * len(crops)), 1), len(crops) - 1)  # one stays in fit
            part_of[crops[: max(number, 0)]] = Part.SELECT
        parts.append(part_of)
    return parts


def _by_tiles(
    labels: NDArray[np.int64],
    tile: NDArray[np.int64],
    folds: int,
    select_fraction: float,
    random: np.random.Generator,
) -> list[NDArray[np.str_]]:
    """The part of each crop, (N,), in each fold, chosen tile by tile."""
    numbers, row = np.unique(tile, return_inverse=True)
    needed = max(folds, LEAST + 1)
    if len(numbers) < needed:
        raise DataError(
            f"only {len(numbers)} {'tile' if len(numbers) == 1 else 'tiles'} found; {folds} folds by tiles need at "
            f"least {needed}: add crops from other tissue, take fewer folds or use --split random"
        )
    counts = tile_counts(labels, row)
    fold_of = min((_deal(counts, folds, random) for _ in range(_DRAWS)), key=lambda dealt: dealt[0])[1]
    parts = []
    for fold in range(folds):
        part_of_tile = np.where(fold_of == fold, Part.VAL, Part.FIT).astype(PART_TYPE)
        rest = np.flatnonzero(fold_of != fold)
        part_of_tile[rest[take_tiles(counts[rest], select_fraction, stay=1, random=random).taken]] = Part.SELECT
        parts.append(part_of_tile[row])
    return parts


def _deal(counts: NDArray[np.int64], folds: int, random: np.random.Generator) -> tuple[float, NDArray[np.int64]]:
    """The fold of each tile, (T,), from one random start, and how uneven the classes came out."""
    fold_of = np.full(len(counts), folds - 1)
    cost = 0.0
    for fold in range(folds - 1):
        left = np.flatnonzero(fold_of == folds - 1)
        after = folds - 1 - fold
        choice: Choice = take_tiles(counts[left], 1 / (after + 1), stay=after, random=random)
        fold_of[left[choice.taken]] = fold
        cost += choice.cost
    return cost, fold_of
