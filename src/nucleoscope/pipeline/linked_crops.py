"""`LinkedCrops`: labelled and test crops together, and which of them share pixels."""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap import Overlaps, find_overlaps
from nucleoscope.data.overlap.joined import joined
from nucleoscope.data.overlap.known import known_overlaps
from nucleoscope.data.overlap.symmetries import turned
from nucleoscope.data.overlap.tolerance import EXACT, Tolerance
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.data.reading.wording import counted
from nucleoscope.files import write_csv
from nucleoscope.pipeline.reporter import Reporter

HEADER = ("name", "set", "tile", "x", "y")
"""Columns of `tiles.csv`."""

LABELLED, TEST = "labelled", "test"


@dataclass(frozen=True)
class LinkedCrops:
    """What shared pixels say about a data set.

    Test crops are cut from the same tiles as labelled ones, between them: with both, tiles are joined that
    labelled crops alone would leave apart.

    Attributes:
        dataset: labelled crops, and a test set where there is one.
        overlaps: of all crops, the labelled ones first and then those of the test set.
    """

    dataset: Dataset
    overlaps: Overlaps

    @cached_property
    def labelled(self) -> Overlaps:
        """Of the labelled crops alone, on the tiles that were found with all crops; their numbers stay."""
        count = len(self.dataset.crops)
        tile, corner = self.overlaps.tile[:count], np.stack([self.overlaps.x, self.overlaps.y], axis=1)[:count]
        first = np.full((int(tile.max()) + 1, 2), np.iinfo(np.int64).max)
        np.minimum.at(first, tile, corner)
        x, y = (corner - first[tile]).T
        kept = (self.overlaps.pairs < count).all(axis=1)
        pairs, offsets = self.overlaps.pairs[kept], self.overlaps.offsets[kept]
        orientation = self.overlaps.orientation[:count]
        return dataclasses.replace(
            self.overlaps, tile=tile, x=x, y=y, pairs=pairs, offsets=offsets, orientation=orientation
        )

    @property
    def test(self) -> NDArray[np.int64]:
        """Positions of the test crops in `overlaps`."""
        return np.arange(len(self.dataset.crops), len(self.overlaps))

    def picture(self, position: int) -> NDArray[np.uint8]:
        """The crop at a position of `overlaps`, (H, W, 3), turned as it lies in its tile."""
        return as_it_lies(self.dataset, position, int(self.overlaps.orientation[position]))

    def write(self, path: Path) -> None:
        """Write `tiles.csv`: a row a crop.

        Its columns are the name, the set (labelled or test), the tile, and the top-left of the crop in its tile
        in pixels, x right and y down. Where crops lie turned in their tiles, a last column has the orientation
        of each, see `Overlaps.orientation`.
        """
        test = self.dataset.test
        names = self.dataset.crops.names + (test.names if test else ())
        sets = [LABELLED] * len(self.dataset.crops) + [TEST] * len(self.test)
        columns = [self.overlaps.tile.tolist(), self.overlaps.x.tolist(), self.overlaps.y.tolist()]
        any_turned = self.overlaps.orientation.any()
        header = (*HEADER, "orientation") if any_turned else HEADER
        if any_turned:
            columns.append(self.overlaps.orientation.tolist())
        write_csv(path, header, zip(names, sets, *columns, strict=True))


def as_it_lies(dataset: Dataset, position: int, orientation: int) -> NDArray[np.uint8]:
    """A crop turned as it lies in its tile, (H, W, 3).

    Args:
        dataset: labelled and test crops.
        position: among the labelled crops, then the test crops.
        orientation: of the crop, see `Overlaps.orientation`.
    """
    crops, test = dataset.crops, dataset.test
    if position >= len(crops):
        assert test is not None  # there are no such positions otherwise
        crops, position = test, position - len(crops)
    return turned(crops.images[position], orientation)


def link_crops(dataset: Dataset, reporter: Reporter, tolerance: Tolerance = EXACT) -> LinkedCrops:
    """Find which crops share pixels, labelled and test crops together, and tell how many.

    Where the places of all crops are known, nothing has to be found, unless a tolerance asks for more than they say.
    """
    places = dataset.crops.places
    if dataset.test is None and tolerance.exact and places is not None and places.corners is not None:
        overlaps = known_overlaps(places, dataset.crops.size)
        reporter.say(_told(dataset, overlaps, "field"))
        return LinkedCrops(dataset, overlaps)
    parts = [dataset.crops.images] if dataset.test is None else [dataset.crops.images, dataset.test.images]
    with reporter.bar("looking for shared pixels") as progress, joined(parts) as images:
        overlaps = find_overlaps(
            images, tolerance=tolerance, progress=lambda share: progress(round(share * 1000), 1000)
        )
    reporter.say(_told(dataset, overlaps))
    return LinkedCrops(dataset, overlaps)


def _told(dataset: Dataset, overlaps: Overlaps, piece: str = "tile") -> str:
    pairs = len(overlaps.pairs)
    if not pairs:
        return "no two crops share pixels"
    crops = f"{len(dataset.crops):,} labelled" + (f" and {len(dataset.test):,} test" if dataset.test else "")
    return (
        f"{counted(pairs, 'pair')} of crops {'shares' if pairs == 1 else 'share'} pixels; the {crops} crops come from "
        f"{counted(overlaps.tiles, piece)}"
    )
