"""Mosaics of a data set: a picture of each tile, largest first."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.data.reading.wording import counted
from nucleoscope.data.splits import Split
from nucleoscope.evaluation.plots.mosaic import Nuclei, plot_mosaic
from nucleoscope.pipeline.linked_crops import LinkedCrops
from nucleoscope.pipeline.reporter import Reporter

MOST = 50
"""Pictures drawn, at most."""


def write_mosaics(folder: Path, linked: LinkedCrops, split: Split | None, reporter: Reporter) -> None:
    """Draw `tile-0001.png`, ... of the tiles with two crops or more, and tell how many are left out.

    Args:
        folder: for the pictures.
        linked: the crops.
        split: validation crops that leak under it are marked; None marks none.
        reporter: is told what happens.
    """
    sizes = np.bincount(linked.overlaps.tile)
    tiles = np.argsort(-sizes, kind="stable")[: int((sizes > 1).sum())]
    leaked = _leaked(linked, split)
    with reporter.bar("drawing mosaics") as progress:
        for number, tile in enumerate(tiles[:MOST].tolist(), start=1):
            title = f"Tile {number} of {len(tiles):,} by size (tile {tile} of tiles.csv)"
            _write(folder / f"tile-{number:04d}.png", linked, tile, leaked, split, title)
            progress(number, min(len(tiles), MOST))
    reporter.say(_told(folder, len(tiles), int((sizes == 1).sum())))


def write_mosaic(path: Path, linked: LinkedCrops, tile: int, split: Split | None, title: str) -> None:
    """Draw one tile, its crops at their places.

    Args:
        path: of the PNG.
        linked: the crops.
        tile: its number, see `Overlaps.tile`.
        split: validation crops that leak under it are marked; None marks none.
        title: names the tile.
    """
    _write(path, linked, tile, _leaked(linked, split), split, title)


def _write(
    path: Path, linked: LinkedCrops, tile: int, leaked: NDArray[np.bool_], split: Split | None, title: str
) -> None:
    overlaps = linked.overlaps
    crops = np.flatnonzero(overlaps.tile == tile)
    pictures = (linked.picture(crop) for crop in crops.tolist())
    mosaic = lay_out(overlaps.x[crops], overlaps.y[crops], overlaps.size, pictures)
    nuclei = Nuclei(_labels(linked)[crops], leaked[crops], None if split is None else f"{split.protocol} split")
    plot_mosaic(path, mosaic, nuclei, linked.dataset.crops.classes, title)


def _labels(linked: LinkedCrops) -> NDArray[np.int64]:
    """The class of each crop, -1 for test crops, (N,)."""
    return np.concatenate([linked.dataset.crops.targets(), np.full(len(linked.test), -1)])


def _leaked(linked: LinkedCrops, split: Split | None) -> NDArray[np.bool_]:
    """Which crops are validation crops with pixels of a training crop, (N,)."""
    leaked = np.zeros(len(linked.overlaps), np.bool_)
    if split is not None:
        leaked[split.val] = linked.overlaps.closest(split.train, split.val)[1] > 0
    return leaked


def _told(folder: Path, tiles: int, alone: int) -> str:
    drawn = min(tiles, MOST)
    if not drawn:
        return "no mosaic is drawn: no tile has more than one crop"
    left_out = f"; {counted(tiles - drawn, 'smaller tile')} {'is' if tiles - drawn == 1 else 'are'} left out"
    return (
        f'{counted(drawn, "mosaic")} {"is" if drawn == 1 else "are"} in "{folder}", the largest tiles first'
        f"{left_out if tiles > drawn else ''}; {counted(alone, 'tile')} {'has' if alone == 1 else 'have'} a single crop"
    )
