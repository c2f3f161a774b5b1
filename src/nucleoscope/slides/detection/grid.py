"""The image at the resolution of a detector: read in blocks that are all cut from one and the same grid of pixels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from nucleoscope.errors import DataError
from nucleoscope.slides.detection.detector import Image

COARSEST = 1.0
"""The most um/pixel at which nuclei, about 6 um wide and often touching, are still told apart."""

_SAME = 0.02  # relative difference of mpp below which nothing is resampled, as in prediction.resolution


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
        scale: pixels of the image to a pixel of the grid, whose first has the same top-left corner.
    """

    image: Image
    scale: float

    @classmethod
    def at(cls, image: Image, mpp: float) -> "Grid":
        """The grid with so many um/pixel.

        Raises:
            DataError: the image is too coarse.
        """
        if image.mpp > COARSEST:
            raise DataError(
                f"the image has {image.mpp:g} um/pixel; nuclei are found at {COARSEST:g} um/pixel or finer: take a "
                "finer scan, correct --mpp if that is not its resolution, or give the nuclei with --nuclei"
            )
        scale = mpp / image.mpp
        return cls(image, 1.0 if abs(scale - 1.0) < _SAME else scale)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the grid; the last ones may lie on the image only in part."""
        width, height = self.image.size
        return math.ceil(width / self.scale), math.ceil(height / self.scale)

    def blocks(self, side: int) -> Iterator[Block]:
        """Squares that cover the image, row by row; those at its right and lower border reach over it."""
        width, height = self.size
        for top in range(0, height, side):
            for left in range(0, width, side):
                yield Block(left, top, side, side)

    def read(self, block: Block) -> NDArray[np.uint8]:
        """The pixels (height, width, 3) of a block; beyond its border the image goes on as its mirror image."""
        start = (block.left * self.scale, block.top * self.scale)
        length = (block.width * self.scale, block.height * self.scale)
        if self.scale == 1.0:
            return self._mirrored(block.left, block.top, block.width, block.height)
        # What the kernel of the resampling reaches on each side, so that it never sees where a block was cut.
        reach = math.ceil(max(1.0, self.scale)) + 1
        x, y = math.floor(start[0]) - reach, math.floor(start[1]) - reach
        width, height = math.ceil(length[0]) + 2 * reach + 1, math.ceil(length[1]) + 2 * reach + 1
        box = (start[0] - x, start[1] - y, start[0] - x + length[0], start[1] - y + length[1])
        picture = PIL.Image.fromarray(self._mirrored(x, y, width, height))
        resampled = picture.resize((block.width, block.height), PIL.Image.Resampling.BILINEAR, box=box)
        return np.asarray(resampled)

    def _mirrored(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """A region of the image in its own pixels, mirrored beyond the border."""
        before = (max(0, -y), max(0, -x))
        after = (max(0, y + height - self.image.size[1]), max(0, x + width - self.image.size[0]))
        inside = self.image.read(
            x + before[1], y + before[0], width - before[1] - after[1], height - before[0] - after[0]
        )
        if not any(before + after):
            return inside
        return np.pad(inside, ((before[0], after[0]), (before[1], after[1]), (0, 0)), mode="reflect")
