"""`ImageReader`: what each kind of file must offer; and the reader of a picture that is already in memory."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nucleoscope.slides.image.resolution import UNKNOWN, Resolution
from nucleoscope.slides.image.thumbnail import shrink


class ImageReader(Protocol):
    """Reads regions of one image; positions are full-resolution pixels, x right, y down, origin top-left."""

    @property
    def kind(self) -> str:
        """What it is, in words: "PNG picture"."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at full resolution."""

    @property
    def resolution(self) -> Resolution:
        """What the file says about the size of its pixels."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what had to be done to read it, for a person."""

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """The region (height, width, 3) RGB; it lies wholly on the image."""

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """The whole image (h, w, 3), shrunk so that its longer side is at most `longest` pixels."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True)
class ArrayReader:
    """A picture in memory.

    Attributes:
        pixels: (H, W, 3) uint8 RGB.
        kind: see `ImageReader`.
        resolution: see `ImageReader`.
        notes: see `ImageReader`.
    """

    pixels: NDArray[np.uint8]
    kind: str = "picture"
    resolution: Resolution = UNKNOWN
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """See `ImageReader`."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """See `ImageReader`; a view, not a copy."""
        return self.pixels[y : y + height, x : x + width]

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """See `ImageReader`."""
        return shrink(self.pixels, longest)

    def close(self) -> None:
        """See `ImageReader`; there is nothing to let go of."""
