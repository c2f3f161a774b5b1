"""`Tolerance`: what may have happened to crops since they were cut, and when two then still show the same place."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap import symmetries
from nucleoscope.data.overlap.comparing import Pixels, Verdict, equal

Brightness = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the brightness that JPEG keeps best (ITU-R BT.601)."""

BLOCK = 12
"""The common part is compared in blocks of about so many pixels on a side: all must agree, so that no large empty part
makes up for a small one that differs."""

MEAN_DIFFERENCE = 8.0
"""Grey levels of brightness that the same place may differ by on average, in a large block. JPEG at quality 80 stays
below 7, unrelated tissue differs by more than 20 in some block."""

FEW_PIXELS = 25
"""In a block of so many pixels twice that is allowed, since its average is less sure; in one of four times as many,
half as much more."""

UNEXPLAINED = 0.3
"""Largest share of the variance of two linked crops that their difference may have; it is 1 for unrelated ones."""

TEXTURE = 3.0
"""Least deviation of brightness in the common part of two linked crops, in grey levels."""


@dataclass(frozen=True)
class Tolerance:
    """What crops may have gone through since they were cut; nothing by default.

    Attributes:
        recompressed: each was saved as JPEG at a quality of 80 or more, or has mild noise of its own.
        turned: each was flipped or turned by a multiple of 90 degrees. Crops that are not square can be flipped
            only, both ways.
    """

    recompressed: bool = False
    turned: bool = False

    @property
    def exact(self) -> bool:
        """Whether crops must be as they were cut."""
        return not (self.recompressed or self.turned)

    @property
    def verdict(self) -> Verdict:
        """Judges crops that are known to lie over each other, from links with others."""
        return similar if self.recompressed else equal

    def mismatch(self, first: Pixels, second: Pixels) -> float:
        """How badly two pictures (h, w, 3) agree that nothing but themselves says show the same place.

        Infinite if they do not: where pixels may differ, there must be texture to tell by.
        """
        if self.recompressed:
            return unexplained(first, second)
        return 0.0 if equal(first, second) else math.inf

    def symmetries(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The symmetries that crops of this height and width may have gone through."""
        if not self.turned:
            return (0,)
        return tuple(range(symmetries.COUNT if size[0] == size[1] else symmetries.TRANSPOSED))


EXACT = Tolerance()
"""Crops are as they were cut: their common pixels are equal."""


def similar(first: Pixels, second: Pixels) -> bool:
    """Whether two pictures (h, w, 3) differ no more than recompression explains."""
    return _differ_little(brightness(first), brightness(second))


def unexplained(first: Pixels, second: Pixels) -> float:
    """The squared difference of two pictures (h, w, 3) as a share of their variance.

    Infinite if they differ too much, or have too little texture.
    """
    a, b = brightness(first), brightness(second)
    textured = min(float(a.std()), float(b.std())) >= TEXTURE
    if not textured or not _differ_little(a, b):
        return math.inf
    a, b = a - a.mean(), b - b.mean()
    share = float(np.square(a - b).sum() / (np.square(a).sum() + np.square(b).sum()))
    return share if share <= UNEXPLAINED else math.inf


def brightness(pictures: Pixels) -> Brightness:
    """The brightness of each pixel in grey levels, (...), from RGB (..., 3)."""
    flat = np.ascontiguousarray(pictures, np.float32).reshape(-1, 3)  # a product of strided bytes is slow
    grey: Brightness = (flat @ LUMA).reshape(pictures.shape[:-1])
    return grey


def _differ_little(first: Brightness, second: Brightness) -> bool:
    """Whether every block of two pictures (h, w) agrees."""
    rows, columns = (np.linspace(0, side, max(1, side // BLOCK) + 1).astype(np.int64) for side in first.shape)
    in_rows = np.add.reduceat(np.abs(first - second), rows[:-1], axis=0)
    total = np.add.reduceat(in_rows, columns[:-1], axis=1)
    pixels = np.outer(np.diff(rows), np.diff(columns))
    return bool((total <= MEAN_DIFFERENCE * (pixels + (FEW_PIXELS * pixels) ** 0.5)).all())
