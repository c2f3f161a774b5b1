"""Pictures as text that stands in the page itself, and how many bytes of them there may be."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True)
class Budget:
    """How much pictures may take.

    Attributes:
        crops: of a cell of a confusion matrix, at most.
        cell_crops: of all cells of one matrix together, at most.
        crop_side: pixels of a crop's longer side, at most.
        longest: pixels of the longer side of any other picture, at most.
        quality: of WebP, 0 to 100.
        sheets: contact sheets and fields that are shown, at most.
    """

    crops: int
    cell_crops: int
    crop_side: int
    longest: int
    quality: int
    sheets: int


BUDGETS = (
    Budget(crops=16, cell_crops=240, crop_side=160, longest=1600, quality=86, sheets=6),
    Budget(crops=8, cell_crops=120, crop_side=112, longest=1300, quality=75, sheets=4),
    Budget(crops=4, cell_crops=60, crop_side=96, longest=1000, quality=60, sheets=2),
    Budget(crops=1, cell_crops=20, crop_side=64, longest=640, quality=40, sheets=1),
)
"""From generous to sparing; the first with which a page is small enough is taken."""


@dataclass(frozen=True)
class Picture:
    """A picture for the page.

    Attributes:
        source: a data URI.
        width: in pixels.
        height: in pixels.
        alt: what it shows, in words.
    """

    source: str
    width: int
    height: int
    alt: str


def crop_picture(crop: NDArray[np.uint8], alt: str, budget: Budget) -> Picture:
    """A crop (H, W, 3)."""
    return _encode(Image.fromarray(crop), alt, budget.crop_side, budget.quality)


def picture(image: NDArray[np.uint8], alt: str, budget: Budget) -> Picture:
    """Any other picture (H, W, 3)."""
    return _encode(Image.fromarray(image), alt, budget.longest, budget.quality)


def picture_of_file(path: Path, alt: str, budget: Budget) -> Picture:
    """The picture in a file that a run wrote."""
    with Image.open(path) as image:
        return _encode(image.convert("RGB"), alt, budget.longest, budget.quality)


def _encode(image: Any, alt: str, longest: int, quality: int) -> Picture:
    """As WebP, which every browser reads since 2020, at half the size of JPEG and without its rims around type."""
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)  # never enlarges
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=quality, method=4)
    text = base64.b64encode(stream.getvalue()).decode("ascii")
    return Picture(f"data:image/webp;base64,{text}", image.width, image.height, alt)
