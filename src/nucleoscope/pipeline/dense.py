"""The dense engine of a bundle, fitted to the training crops on the tiles that shared pixels reveal."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.pipeline.linked_crops import LinkedCrops
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.dense.fitting import fit_engine, measure_agreement
from nucleoscope.prediction.dense.storing import DenseRecord, save_engine, weights_of
from nucleoscope.prediction.fields import Field
from nucleoscope.runtime import default_device

MOST_NUCLEI = 5000
"""Nuclei that a lens is fitted to, about, and that agreement is measured on; more take longer."""

HELD_OUT = 0.2
"""Share of nuclei, at least, on tiles that a first lens is not fitted to: agreement is measured there."""

_LONGEST = 8192  # pixels; a longer tile is a chain of false links, and its crops are taken one by one
_MEASURED_ON = "training tiles left out of a first fit"


def add_dense_engine(
    bundle_folder: Path, linked: LinkedCrops, train: NDArray[np.int64], protocol: str, reporter: Reporter
) -> DenseRecord:
    """Fit a dense engine for a bundle, measure how well it agrees with the crop engine, and write both to its folder.

    Only crops of the training part are looked at, and not their labels.

    Args:
        bundle_folder: of a finished bundle.
        linked: the crops and where they lie.
        train: (M,) positions of the training part among them.
        protocol: of the split.
        reporter: is told what happens.

    Raises:
        ConfigError: the bundle's network has no dense engine, see `cut_network`.
        DataError: the training part lies on a single tile.
    """
    bundle = load_bundle(bundle_folder, default_device())
    tile = linked.overlaps.tile[train]
    fields, others = (
        [field for field, _ in tile_fields(linked, train[np.isin(tile, tiles)], MOST_NUCLEI)]
        for tiles in part_tiles(tile)
    )
    with reporter.bar("measuring the dense engine") as progress:
        found = measure_agreement(fit_engine(bundle, fields, progress), others)
    # The more tiles the better: what is kept is fitted to all, and should agree no less often.
    with reporter.bar("fitting the dense engine") as progress:
        engine = fit_engine(bundle, [*fields, *others], progress)
    record = DenseRecord(
        agreement=found.share,
        glance_agreement=found.glance,
        second_looks=found.second_looks,
        nuclei=found.nuclei,
        tiles=len(others),
        measured_on=_MEASURED_ON,
        protocol=protocol,
        fitted_nuclei=sum(len(field) for field in [*fields, *others]),
        weights=weights_of(bundle_folder),
    )
    save_engine(bundle_folder, engine, record)
    nuclei = counted(found.nuclei, "nucleus", "nuclei")
    reporter.say(
        f"dense engine: decides like the crop engine on {found.share:.1%} of {nuclei} of {_MEASURED_ON} "
        f"({protocol} split), with second looks at {found.second_looks:.1%} of them"
    )
    return record


def part_tiles(tile: NDArray[np.int64], seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part tiles into those to fit to and those to measure on.

    Args:
        tile: (M,) of each crop.
        seed: of the choice.

    Returns:
        Numbers of tiles; at least `HELD_OUT` of the crops lie on the second ones.

    Raises:
        DataError: there is a single tile.
    """
    numbers, sizes = np.unique(tile, return_counts=True)
    if len(numbers) < 2:
        raise DataError("the training crops lie on a single tile; a dense engine needs another one to be measured on")
    order = np.random.default_rng(seed).permutation(len(numbers))
    wanted = int(np.searchsorted(np.cumsum(sizes[order]), HELD_OUT * len(tile))) + 1
    wanted = min(wanted, len(numbers) - 1)
    return np.sort(numbers[order[wanted:]]), np.sort(numbers[order[:wanted]])


def tile_fields(
    linked: LinkedCrops, crops: NDArray[np.int64], most: int | None = None
) -> Iterator[tuple[Field, NDArray[np.int64]]]:
    """Tiles as fields, in random order, on which only the given crops are laid out.

    Args:
        linked: the crops and where they lie.
        crops: positions of those that are wanted.
        most: nuclei after which no further tile is laid out; None for all.

    Yields:
        A field, and the positions of the crops around its nuclei.
    """
    tile = linked.overlaps.tile[crops]
    done = 0
    for number in np.random.default_rng(0).permutation(np.unique(tile)).tolist():
        if most is not None and done >= most:
            return
        inside = crops[tile == number]
        done += len(inside)
        yield from _one_tile(linked, inside)


def _one_tile(linked: LinkedCrops, crops: NDArray[np.int64]) -> Iterator[tuple[Field, NDArray[np.int64]]]:
    x, y, size = linked.overlaps.x[crops], linked.overlaps.y[crops], linked.overlaps.size
    if max(np.ptp(x) + size[1], np.ptp(y) + size[0]) > _LONGEST:
        for crop in crops.tolist():
            yield from _one_tile(linked, np.array([crop]))
        return
    mosaic = lay_out(x, y, size, (linked.picture(crop) for crop in crops.tolist()), _LONGEST)
    yield Field(mosaic.image, np.floor(mosaic.centres)), crops  # whole pixels: crops are cut where they were
