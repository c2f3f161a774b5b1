"""`Crops`: pictures with one nucleus in the centre of each, and what is known about them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.room import make_room
from nucleoscope.errors import DataError

MIN_SIZE = 24
MAX_SIZE = 512
_COPIED_AT_ONCE = 1024  # crops


@dataclass(frozen=True)
class Crops:
    """Nucleus crops, decoded and of one size.

    Attributes:
        images: (N, H, W, 3) uint8 RGB, in memory or memory-mapped, the nucleus in the centre.
        names: N names, unique; file names where the crops come from files.
        labels: (N,) int64 in 0..C-1, or None for crops without labels.
        classes: C class names, in the order of the labels; empty without labels.
        mpp: micrometres per pixel, or None where it is not known.
        groups: N names of what a crop was cut from (field, slide, patient), or None where it is not known.
        places: the field that each crop was cut from, and where, or None where it is not known.
    """

    images: NDArray[np.uint8]
    names: tuple[str, ...]
    labels: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    mpp: float | None = None
    groups: tuple[str, ...] | None = None
    places: FieldPlaces | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong together.

        Raises:
            DataError: shapes, lengths, size or labels do not fit.
        """
        count = len(self.names)
        if self.images.ndim != 4 or self.images.shape[3] != 3 or self.images.dtype != np.uint8:
            raise DataError(
                f"crops have shape {self.images.shape} and type {self.images.dtype}; "
                "expected (N, height, width, 3) and uint8"
            )
        if len(self.images) != count:
            raise DataError(f"{len(self.images)} crops have {count} names; each needs exactly one")
        height, width = self.images.shape[1:3]
        if not (MIN_SIZE <= height <= MAX_SIZE and MIN_SIZE <= width <= MAX_SIZE):
            raise DataError(
                f"crops are {width}x{height} pixels; expected between {MIN_SIZE} and {MAX_SIZE} on each side: "
                "cut them again at a size in this range"
            )
        if self.labels is not None and self.labels.shape != (count,):
            raise DataError(f"{count} crops have labels of shape {self.labels.shape}; each needs exactly one")
        if self.groups is not None and len(self.groups) != count:
            raise DataError(f"{count} crops have {len(self.groups)} groups; each needs exactly one")
        if self.places is not None and len(self.places) != count:
            raise DataError(f"{count} crops have {len(self.places)} places; each needs exactly one")
        if self.labels is not None and count and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise DataError(
                f"labels run from {self.labels.min()} to {self.labels.max()} but there are "
                f"{len(self.classes)} class names: name every class"
            )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every crop, in pixels."""
        return self.images.shape[1], self.images.shape[2]

    def targets(self) -> NDArray[np.int64]:
        """The labels, of crops that must have them.

        Raises:
            DataError: the crops have no labels.
        """
        if self.labels is None:
            raise DataError("these crops have no labels; training and evaluation need them")
        return self.labels

    def class_counts(self) -> NDArray[np.int64]:
        """How many crops each class has, (C,)."""
        return np.bincount(self.targets(), minlength=len(self.classes)).astype(np.int64)

    def subset(self, index: Sequence[int] | NDArray[np.integer[Any]]) -> "Crops":
        """The crops at these positions, in this order; the pictures are copied."""
        positions = np.asarray(index, dtype=np.int64)
        images = make_room((len(positions), *self.size, 3))
        for start in range(0, len(positions), _COPIED_AT_ONCE):
            some = positions[start : start + _COPIED_AT_ONCE]
            images[start : start + len(some)] = self.images[some]
        return replace(
            self,
            images=images,
            names=tuple(self.names[i] for i in positions),
            labels=None if self.labels is None else self.labels[positions],
            groups=None if self.groups is None else tuple(self.groups[i] for i in positions),
            places=None if self.places is None else self.places.subset(positions),
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over pictures, names, labels and class names: two runs with the same one saw the same data."""
        digest = hashlib.sha256()
        for part in (self.names, self.classes, self.images.shape):
            digest.update(repr(part).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        if self.labels is not None:
            digest.update(self.labels.astype("<i8").tobytes())
        return digest.hexdigest()
