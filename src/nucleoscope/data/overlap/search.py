"""Crops that share pixels: at which offsets, from which tiles, and what a split leaks through them.

Crops are cut around every nucleus of a tile, so those of neighbouring nuclei hold the same pixels at an
offset. A classifier that has seen one of them has seen much of the other; a split must know.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.comparing import Verdict, common_area, compare, equal
from nucleoscope.data.overlap.links import Integers, LinkKeys
from nucleoscope.data.overlap.recognition import tolerant_links
from nucleoscope.data.overlap.tiles import linked, over_each_other, place
from nucleoscope.data.overlap.tolerance import EXACT, Tolerance
from nucleoscope.data.overlap.windows import WINDOW, candidate_links
from nucleoscope.errors import DataError

Subset = NDArray[np.int64] | NDArray[np.bool_]
"""Some of the N crops: their positions, or a mask (N,)."""


@dataclass(frozen=True)
class Overlaps:
    """Where each crop lies in its tile, and every pair of crops that hold the same pixels.

    A tile here is what shared pixels reveal: all crops that are linked, directly or through others. Crops of
    one field that no chain of crops connects are several tiles; a crop alone is a tile of its own.

    Attributes:
        tile: (N,) the tile of each crop: 0, 1, ... in the order of their first crops.
        x: (N,) left edge of each crop in its tile, in pixels to the right; the smallest of a tile is 0.
        y: (N,) top edge of each crop in its tile, in pixels down; the smallest of a tile is 0.
        pairs: (P, 2) crops i < j whose common rectangle is equal pixel by pixel, within the tolerance; sorted.
        offsets: (P, 2) (dx, dy), the top-left of j relative to that of i in their tile, in pixels.
        size: height and width of a crop, in pixels.
        conflicts: pairs that contradict the rest of their tile: equal at another offset than stronger links
            say, or lying over each other without being equal. They are not among `pairs`. 0 unless different
            places show the same picture, or crops were changed after they were cut.
        orientation: (N,) the flip or quarter turn, 0..7 as `symmetries` numbers them, that makes a crop lie
            as the first crop of its tile does. All 0 where none are given, and unless turned crops were looked for.
    """

    tile: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    pairs: NDArray[np.int64]
    offsets: NDArray[np.int64]
    size: tuple[int, int]
    conflicts: int = 0
    orientation: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        """Let all crops lie as they are where nothing else is said."""
        if not len(self.orientation):
            object.__setattr__(self, "orientation", np.zeros(len(self.tile), np.int64))

    def __len__(self) -> int:
        return len(self.tile)

    @property
    def tiles(self) -> int:
        """The number of tiles."""
        return int(self.tile.max(initial=-1)) + 1

    @cached_property
    def shared_fraction(self) -> NDArray[np.float64]:
        """The share of a crop's area that the two crops of a pair have in common, (P,), in (0, 1]."""
        fraction: NDArray[np.float64] = common_area(self.offsets, self.size) / (self.size[0] * self.size[1])
        return fraction

    def closest(self, among: Subset, of: Subset) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The crop that shares most pixels with each crop of a subset.

        Args:
            among: the crops to choose from, for example those of the training part.
            of: the K crops to find one for, for example those of the validation part.

        Returns:
            crop, (K,), the position of the chosen crop or -1 where none shares a pixel, and fraction, (K,),
            the share of the area in common. Of several with the same share, the first.
        """
        ends = np.concatenate([self.pairs, self.pairs[:, ::-1]])
        shared = np.concatenate([self.shared_fraction, self.shared_fraction])
        wanted = _mask(among, len(self))[ends[:, 0]]
        ends, shared = ends[wanted], shared[wanted]
        order = np.lexsort((-ends[:, 0], shared))  # later assignments win
        crop, fraction = np.full(len(self), -1), np.zeros(len(self))
        crop[ends[order, 1]] = ends[order, 0]
        fraction[ends[order, 1]] = shared[order]
        chosen = np.arange(len(self))[of]
        return crop[chosen], fraction[chosen]


def find_overlaps(
    images: NDArray[np.uint8],
    *,
    tolerance: Tolerance = EXACT,
    progress: Callable[[float], None] | None = None,
) -> Overlaps:
    """Find which crops share pixels, where, and from which tiles they were cut.

    Windows of 8x8 pixels that occur in several crops suggest offsets; those at which the whole common
    rectangle is equal, pixel by pixel, are links. Linked crops get coordinates, and from these every pair
    that lies over each other is derived and compared again, so that no pair depends on the choice of windows
    once its tile is joined. The cost grows linearly with the number of crops.

    A link needs about a fortieth of a crop's area in common, with texture in it: 10x80 pixels of 100x100, and
    never less than 8 on a side (see `windows.SAMPLES_PER_CROP`). Glass and padding do not link. A false link,
    which takes the same texture in two places, can only make two tiles one: the safe side of a split. It
    shows in `Overlaps.conflicts`.

    With a tolerance, keypoints take the place of windows, and brightness that differs little that of equal pixels
    (see `recognition` and `tolerance`). A link then needs more in common, a quarter of a crop to be sure; pairs with
    less are found through other crops of their tile. Pairs, offsets and tiles mean the same as before, in the frame
    of the first crop of each tile; `Overlaps.orientation` says how each crop lies in it.

    Memory does not grow with the pixels: 0.7 GB at 200,000 crops, and from some 300,000 about 100 bytes a crop and 200
    a pair. By that, 1,000,000 memory-mapped crops of 100x100 pixels fit into 3 GB (not run as a whole). They need
    10 GB for temporary files (see `spilling`), 20 GB with a tolerance.

    Args:
        images: (N, H, W, 3) uint8 RGB, in memory or memory-mapped.
        tolerance: what may have happened to crops since they were cut; nothing by default.
        progress: called with the finished share of the work, 0..1.

    Raises:
        DataError: the array is not one of RGB crops, they are smaller than a window or too many for their size, or
            there is no room for temporary files.
    """
    _check(images)
    images = np.asarray(images)  # plain views of a memory map: its own slices are slow
    report = progress or (lambda share: None)
    if tolerance.exact:
        links = _exact_links(images, lambda share: report(0.8 * share))
    else:
        links = tolerant_links(images, tolerance, lambda share: report(0.8 * share))
    return _joined(images, links, tolerance.verdict, lambda share: report(0.8 + 0.2 * share))


def _exact_links(images: NDArray[np.uint8], report: Callable[[float], None]) -> Integers:
    """Links (M, 5) of crops that hold the same textured window and are equal where both have pixels."""
    candidates = candidate_links(images, lambda share: report(0.75 * share))
    tile = linked(len(images), candidates)
    return candidates[compare(images, candidates, tile, equal, lambda share: report(0.75 + 0.25 * share))]


def _joined(images: NDArray[np.uint8], links: Integers, verdict: Verdict, report: Callable[[float], None]) -> Overlaps:
    """Lay linked crops out as tiles, and judge every pair that lies over each other there."""
    size = images.shape[1:3]
    places = place(len(images), links, common_area(links[:, 2:4], size))
    first, second = over_each_other(places, size).T
    pairs = places.between(first, second)
    keys = LinkKeys(len(images), size)
    proved = keys.pack(links)
    alike = np.isin(keys.pack(pairs), proved)
    open_ones = np.flatnonzero(~alike)
    alike[open_ones] = compare(images, pairs[open_ones], places.tile, verdict, report)
    astray = (places.between(*links[:, :2].T)[:, 2:] != links[:, 2:]).any(axis=1)
    first, second = first[alike], second[alike]
    x, y = places.corner.T
    return Overlaps(
        tile=places.tile,
        x=x,
        y=y,
        pairs=np.column_stack([first, second]),
        offsets=places.corner[second] - places.corner[first],
        size=size,
        conflicts=int(astray.sum() + (~alike).sum()),
        orientation=places.turn,
    )


@dataclass(frozen=True)
class Leak:
    """How much of the validation crops was already seen in training.

    Attributes:
        share: share of the validation crops that have a pixel in common with a training crop, 0..1.
        mean_largest: mean over the validation crops of the largest share of their area that one training crop
            also holds, 0..1.
    """

    share: float
    mean_largest: float


def leak(overlaps: Overlaps, train: Subset, validation: Subset) -> Leak:
    """Measure what validation crops have in common with training crops; all zero without validation crops."""
    fraction = overlaps.closest(train, validation)[1]
    if not len(fraction):
        return Leak(0.0, 0.0)
    return Leak(float((fraction > 0).mean()), float(fraction.mean()))


def _check(images: NDArray[np.uint8]) -> None:
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise DataError(
            f"crops have shape {images.shape} and type {images.dtype}; expected (N, height, width, 3) and uint8"
        )
    if min(images.shape[1:3]) < WINDOW:
        raise DataError(
            f"crops are {images.shape[2]}x{images.shape[1]} pixels; expected at least {WINDOW} on each side: "
            "cut larger crops"
        )


def _mask(subset: Subset, count: int) -> NDArray[np.bool_]:
    mask = np.zeros(count, np.bool_)
    mask[subset] = True
    return mask
