"""Pictures of any common pixel type -> 8-bit RGB, and what had to be done for it."""

import re
from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import DataError


class Conversion(StrEnum):
    """What had to be done to a picture; a picture may need more than one."""

    GREYSCALE = "greyscale"
    PALETTE = "palette"
    CMYK = "CMYK"
    ALPHA = "alpha"
    DEEP = "16-bit"


_GREYSCALE_MODES = frozenset({"1", "L", "LA", "I", "I;16", "I;16B", "I;16L"})
_PALETTE_MODES = frozenset({"P", "PA"})
_COLOUR_MODES = frozenset({"RGB", "RGBA", "RGBX", "RGBa", "CMYK"})
_DEEPEST = 2**16 - 1


def to_rgb(image: ImageFile.ImageFile) -> tuple[NDArray[np.uint8], frozenset[Conversion]]:
    """Decode an opened picture.

    Transparent parts become white, the colour of a slide without tissue. Of 16 bits the upper 8 are kept.

    Args:
        image: opened, not yet loaded: only then does Pillow still know the bit depth of the file.

    Returns:
        (H, W, 3) RGB and the conversions that led to it.

    Raises:
        DataError: the pixels are of a type without a defined range (floating point, 32 bits) or not RGB-like.
        OSError, SyntaxError, ValueError and others: whatever Pillow raises for a damaged file.
    """
    bits = _bits_per_channel(image)
    conversions = _conversions(image, bits)
    if not conversions:
        return np.asarray(image.convert("RGB")), conversions
    if image.mode.startswith("I"):
        return np.asarray(_shift_to_8_bits(image, bits).convert("RGB")), conversions
    if Conversion.ALPHA in conversions:
        white = Image.new("RGBA", image.size, "white")
        return np.asarray(Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")), conversions
    return np.asarray(image.convert("RGB")), conversions


def sentences(counts: Mapping[Conversion, int], of: str = "") -> tuple[str, ...]:
    """What was converted, as sentences for a person.

    >>> sentences({Conversion.ALPHA: 2}, of=" of the test set")
    ('2 pictures with an alpha channel of the test set were composited on white',)
    """
    wording = {
        Conversion.GREYSCALE: ("greyscale picture", "greyscale pictures", "converted to RGB"),
        Conversion.PALETTE: ("palette picture", "palette pictures", "converted to RGB"),
        Conversion.CMYK: ("CMYK picture", "CMYK pictures", "converted to RGB"),
        Conversion.ALPHA: (
            "picture with an alpha channel",
            "pictures with an alpha channel",
            "composited on white",
        ),
        Conversion.DEEP: ("16-bit picture", "16-bit pictures", "scaled to 8 bits"),
    }
    return tuple(
        f"{counted(counts[kind], one, many)}{of} {'was' if counts[kind] == 1 else 'were'} {done}"
        for kind, (one, many, done) in wording.items()
        if counts.get(kind, 0)
    )


def _bits_per_channel(image: ImageFile.ImageFile) -> int:
    """8, 12 or 16, from the raw mode of the file's pixels: "RGB;16B" loads as plain "RGB"."""
    for tile in image.tile:
        raw = tile.args if isinstance(tile.args, str) else str(tile.args[0]) if tile.args else ""
        found = re.search(r";(12|16)[BLN]?S?$", raw)
        # A bitmap's "BGR;16" has 16 bits a pixel, not a channel.
        if found and not raw.startswith("BGR"):
            return int(found[1])
    return 16 if image.mode == "I" else 8


def _conversions(image: Image.Image, bits: int) -> frozenset[Conversion]:
    mode = image.mode
    if mode not in _GREYSCALE_MODES | _PALETTE_MODES | _COLOUR_MODES:
        raise DataError(f'has pixels of type "{mode}"; expected RGB or greyscale of 8 or 16 bits: save it as 8-bit RGB')
    applies = {
        Conversion.GREYSCALE: mode in _GREYSCALE_MODES,
        Conversion.PALETTE: mode in _PALETTE_MODES,
        Conversion.CMYK: mode == "CMYK",
        Conversion.ALPHA: image.has_transparency_data and not mode.startswith("I"),
        Conversion.DEEP: bits > 8,
    }
    return frozenset(kind for kind, needed in applies.items() if needed)


def _shift_to_8_bits(image: Image.Image, bits: int) -> Image.Image:
    values = np.asarray(image)  # (H, W)
    if values.min() < 0 or values.max() > _DEEPEST:
        raise DataError(
            f"has values from {values.min()} to {values.max()}; expected 0 to {_DEEPEST}: save it as 8-bit RGB"
        )
    return Image.fromarray((values >> (bits - 8)).astype(np.uint8))
