"""An image at the resolution of a detector: read in blocks that are all cut from one and the same grid of pixels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError
from nucleoscope.slides.detection.resampling import read_exactly
from nucleoscope.slides.image.slide_image import SlideImage

COARSEST = 1.0
"""The most um/pixel at which nuclei, about 6 um wide and often touching, are still told apart."""


@dataclass(frozen=True)
class Block:
    """A rectangle of the grid, in its pixels; it may reach over the border of the image."""

    left: int
    top: int
    width: int
    height: int

    def grown(self, margin: int) -> "Block":
        """With so many pixels more on each side."""
        return Block(self.left - margin, self.top - margin, self.width + 2 * margin, self.height + 2 * margin)


@dataclass(frozen=True)
class Grid:
    """An image seen at another resolution.

    Attributes:
        image: what is read.
        step: pixels of the image to a pixel of the grid; both have their origin at the same corner.
    """

    image: SlideImage
    step: float

    @classmethod
    def at(cls, image: SlideImage, mpp: float) -> "Grid":
        """The grid with so many um/pixel.

        Raises:
            DataError: the image is too coarse.
        """
        if image.mpp > COARSEST:
            raise DataError(
                f"{image.path} has {image.mpp:g} um/pixel ({image.mpp_origin} says so); nuclei are found at "
                f"{COARSEST:g} um/pixel or finer: take a finer scan, or give the nuclei with --nuclei"
            )
        return cls(image, 1.0 if same_resolution(image.mpp, mpp) else mpp / image.mpp)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the grid; the last ones may lie on the image only in part."""
        width, height = self.image.size
        return math.ceil(width / self.step), math.ceil(height / self.step)

    def blocks(self, side: int) -> Iterator[Block]:
        """Squares that cover the image, row by row; those at its right and lower border reach over it."""
        width, height = self.size
        for top in range(0, height, side):
            for left in range(0, width, side):
                yield Block(left, top, side, side)

    def read(self, block: Block) -> NDArray[np.uint8]:
        """The pixels (height, width, 3) of a block; beyond its border the image goes on as its mirror image."""
        return read_exactly(self.image, block.left, block.top, block.width, block.height, self.step)
