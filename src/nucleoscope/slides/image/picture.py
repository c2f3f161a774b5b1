"""Pictures that are decoded as a whole: PNG, JPEG and BMP, through Pillow."""

import struct
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from nucleoscope.data.reading.conversions import Conversion, sentences, to_rgb
from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.slides.image.reader import ArrayReader
from nucleoscope.slides.image.resolution import MICROMETRES_PER_INCH, Resolution, from_density

MAX_PIXELS = 100_000_000
"""What is decoded as a whole takes memory as it grows; larger images have to be tiled."""

_EXPECTED_TILES = (
    f"expected a tiled TIFF above {MAX_PIXELS // 10**6} million pixels: "
    "`vips tiffsave IMAGE slide.tif --tile --pyramid --compression jpeg` makes one"
)
_EXPECTED = (
    "expected PNG, JPEG, BMP, TIFF, OME-TIFF or a whole slide that OpenSlide reads: copy it again or export it as one"
)
_FORMATS = ("PNG", "JPEG", "BMP")
# What Pillow raises for damaged files; see data/reading/decoding.py.
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, OverflowError, struct.error)


def open_picture(path: Path) -> ArrayReader:
    """Decode a picture.

    Raises:
        DataError: it is none of these formats, damaged, or too large to be held in memory.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            # Its own limit on pixels comes later and words less.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=_FORMATS) as image:
                check_pixels(path, image.size)
                pixels, conversions = to_rgb(image)
                return ArrayReader(pixels, f"{image.format} picture", _resolution(image), _notes(conversions))
    except Image.DecompressionBombError as error:
        raise DataError(
            f"{path} can only be read all at once and has far more than Pillow decodes; {_EXPECTED_TILES}"
        ) from error
    except DataError as error:
        raise DataError(str(error) if str(error).startswith(str(path)) else f"{path} {error}") from error
    except _PILLOW_ERRORS as error:
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "it is no image of a known format" if unknown else shown(str(error))
        raise DataError(f"{path} cannot be read ({reason}); {_EXPECTED}") from error


def check_pixels(path: Path, size: tuple[int, int]) -> None:
    """Refuse what would have to be held in memory and is too large for that.

    Raises:
        DataError: with the way to a tiled TIFF.
    """
    if size[0] * size[1] > MAX_PIXELS:
        raise DataError(f"{path} has {size[0]}x{size[1]} pixels, which can only be read all at once; {_EXPECTED_TILES}")


def _resolution(image: Image.Image) -> Resolution:
    """From PNG's pHYs, JPEG's JFIF density or the bitmap's header; Pillow gives all three as dots per inch."""
    x, y = image.info.get("dpi", (0, 0))
    return from_density(float(x), float(y), MICROMETRES_PER_INCH, "its header")


def _notes(conversions: frozenset[Conversion]) -> tuple[str, ...]:
    return sentences(dict.fromkeys(conversions, 1))


def on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) with an alpha channel, not premultiplied, to (H, W, 3) on white."""
    if (pixels[..., 3] == 255).all():
        return np.ascontiguousarray(pixels[..., :3])
    image = Image.fromarray(pixels)
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB"))
