"""`SlideImage`: an image of known resolution that is read in regions."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nucleoscope.slides.image.reader import ImageReader

FROM_FILE = "the file"
FROM_OPTION = "--mpp"
_WHITE = 255


@dataclass(frozen=True)
class SlideImage:
    """An open image; use it in a `with` block, which closes it.

    Positions are full-resolution pixels, x right, y down, origin at the top-left corner of the top-left pixel.

    Attributes:
        path: of the file or, for DICOM, the folder.
        reader: of its kind of file.
        mpp: micrometres per pixel at full resolution.
        mpp_origin: who says so: "the file" or "--mpp".
        notes: sentences on what had to be done to read it, for a person.
    """

    path: Path
    reader: ImageReader
    mpp: float
    mpp_origin: str = FROM_OPTION
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at full resolution, in pixels."""
        return self.reader.size

    @property
    def kind(self) -> str:
        """What it is, in words: "PNG picture", "Aperio slide"."""
        return self.reader.kind

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """The region (height, width, 3) uint8 RGB with its top-left pixel at x, y.

        Pixels beyond the border are white, like glass; so are those that a scanner left out. What the model sees
        goes through `cut`, which reflects at the border instead.
        """
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, self.size[0]), min(y + height, self.size[1])
        if (left, top, right, bottom) == (x, y, x + width, y + height):
            return self.reader.read(x, y, width, height)
        region = np.full((height, width, 3), _WHITE, np.uint8)
        if left < right and top < bottom:
            inside = self.reader.read(left, top, right - left, bottom - top)
            region[top - y : bottom - y, left - x : right - x] = inside
        return region

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """The whole image (h, w, 3) uint8 RGB, its longer side at most `longest` pixels; never enlarged."""
        return self.reader.thumbnail(longest)

    def close(self) -> None:
        """Let go of the file."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
