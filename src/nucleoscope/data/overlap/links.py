"""`LinkKeys`: one integer for each way in which two crops may lie to each other; a growing set of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap import symmetries
from nucleoscope.errors import DataError

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class LinkKeys:
    """Packs links into integers that sort like their rows, an eighth of the memory and much of the time.

    A link is a row of five: first crop, second crop (first < second), dx, dy, turn. The second crop, after the
    symmetry `turn` (see `symmetries`), lies at (dx, dy) from the top-left of the first, which stays as it is;
    pixels, x right and y down.

    Attributes:
        count: number of crops.
        size: height and width of a crop in pixels.
    """

    count: int
    size: tuple[int, int]

    def __post_init__(self) -> None:
        """Check that keys fit.

        Raises:
            DataError: there are too many crops of this size.
        """
        if self.count**2 * self._ways >= 2**63:
            raise DataError(
                f"{self.count:,} crops of {self.size[1]}x{self.size[0]} pixels are too many to compare at once; "
                f"expected at most {int((2**63 / self._ways) ** 0.5):,}: look for overlaps in parts of them"
            )

    @property
    def _grid(self) -> tuple[int, int, int, int, int]:
        return self.count, self.count, 2 * self.size[1] - 1, 2 * self.size[0] - 1, symmetries.COUNT

    @property
    def _ways(self) -> int:
        return self._grid[2] * self._grid[3] * symmetries.COUNT

    def pack(self, rows: Integers) -> Integers:
        """The key of each link, (M,), from rows (M, 5)."""
        first, second, dx, dy, turn = rows.T
        keys: Integers = np.ravel_multi_index(
            (first, second, dx + self.size[1] - 1, dy + self.size[0] - 1, turn), self._grid
        ).astype(np.int64)
        return keys

    def unpack(self, keys: Integers) -> Integers:
        """The rows (M, 5) of keys (M,)."""
        rows: Integers = np.stack(np.unravel_index(keys, self._grid), axis=1).astype(np.int64)
        rows[:, 2:4] -= self.size[1] - 1, self.size[0] - 1
        return rows


@dataclass
class KeyCounts:
    """How often each key was added, in memory that grows with the different keys only.

    Added keys wait until they are as many as those that are already merged, so that however many additions
    there are, each key is sorted only a few times.
    """

    _merged: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    _counts: Integers = field(default_factory=lambda: np.empty(0, np.int64))
    _waiting: list[tuple[Integers, Integers]] = field(default_factory=list)

    def add(self, keys: Integers) -> None:
        """Count each of some keys once more for each time that it is among them."""
        self._waiting.append(np.unique(keys, return_counts=True))
        if sum(len(waiting) for waiting, _ in self._waiting) > len(self._merged):
            self._merge()

    def result(self) -> tuple[Integers, Integers]:
        """All keys (K,), ascending, and how often each was added (K,)."""
        self._merge()
        return self._merged, self._counts

    def _merge(self) -> None:
        parts = [(self._merged, self._counts), *self._waiting]
        keys, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
        self._waiting.clear()
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        heads = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        self._merged = keys[heads]
        self._counts = np.add.reduceat(counts, heads) if len(heads) else counts
