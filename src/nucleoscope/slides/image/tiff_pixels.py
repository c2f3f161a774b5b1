"""Pixels of TIFFs, as stored, to 8-bit RGB: grey, palettes, CMYK, alpha, 16 bits, planes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.reading.conversions import Conversion, sentences
from nucleoscope.errors import DataError
from nucleoscope.slides.image.picture import on_white

_SAVE = "save it as 8-bit RGB"
_GREY, _INVERTED, _RGB, _PALETTE, _CMYK, _YCBCR = 1, 0, 2, 3, 5, 6
_DEPTHS = {"|b1": 1, "|u1": 8, "<u2": 16, ">u2": 16}


@dataclass(frozen=True)
class Decoding:
    """How the stored pixels of a TIFF become RGB.

    Attributes:
        axes: of the stored array: "YX", "YXS" or "SYX".
        photometric: TIFF's code of what the values mean.
        bits: per channel: 1, 8, 12 or 16.
        samples: channels of a pixel.
        palette: (3, K) uint16 colours, of a picture that has one.
        premultiplied: whether its colours are premultiplied by alpha.
    """

    axes: str
    photometric: int
    bits: int
    samples: int
    palette: NDArray[np.uint16] | None = None
    premultiplied: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What is converted, as sentences."""
        applies = {
            Conversion.GREYSCALE: self.photometric in (_GREY, _INVERTED),
            Conversion.PALETTE: self.palette is not None,
            Conversion.CMYK: self.photometric == _CMYK,
            Conversion.ALPHA: self.samples == self.colours + 1,
            Conversion.DEEP: self.bits > 8 and self.palette is None,
        }
        return sentences({kind: 1 for kind, needed in applies.items() if needed})

    @property
    def colours(self) -> int:
        """Channels without alpha."""
        return {_RGB: 3, _YCBCR: 3, _CMYK: 4}.get(self.photometric, 1)

    def size_in(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Width and height among the lengths of the stored axes."""
        return shape[self.axes.index("X")], shape[self.axes.index("Y")]

    def region(self, x: int, y: int, width: int, height: int) -> tuple[slice, ...]:
        """The index of a region in the stored array."""
        slices = {"Y": slice(y, y + height), "X": slice(x, x + width), "S": slice(None)}
        return tuple(slices[axis] for axis in self.axes)

    def to_rgb(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        """A region as stored to (height, width, 3) uint8 RGB."""
        if self.axes == "YX":
            stored = stored[..., None]
        elif self.axes == "SYX":
            stored = np.moveaxis(stored, 0, -1)
        if self.palette is not None:
            return np.asarray((self.palette >> 8).astype(np.uint8).T[stored[..., 0]])
        values = self._to_8_bits(stored)  # (h, w, samples)
        if self.photometric == _INVERTED:
            values = np.concatenate([255 - values[..., :1], values[..., 1:]], axis=-1)
        if self.photometric == _CMYK:
            return np.asarray(Image.fromarray(np.ascontiguousarray(values[..., :4]), "CMYK").convert("RGB"))
        alpha = values[..., self.colours :]
        colour = np.broadcast_to(values[..., : self.colours], (*values.shape[:2], 3))
        if not alpha.shape[-1]:
            return np.ascontiguousarray(colour)
        if self.premultiplied:  # on white: what the colour leaves transparent is white
            return np.asarray(np.minimum(colour.astype(np.uint16) + (255 - alpha), 255), np.uint8)
        return on_white(np.concatenate([colour, alpha], axis=-1))

    def _to_8_bits(self, stored: NDArray[Any]) -> NDArray[np.uint8]:
        if self.bits == 1:
            return np.asarray(stored, np.uint8) * np.uint8(255)
        return np.asarray(stored >> (self.bits - 8) if self.bits > 8 else stored, np.uint8)


def decoding_of(series: Any) -> Decoding:
    """How to decode a series of tifffile.

    Raises:
        DataError: it is no picture of H&E; the name of the file has to be put before the message.
    """
    page = series.keyframe
    axes = _axes(series)
    if series.dtype.str not in _DEPTHS:
        raise DataError(f'has pixels of type "{series.dtype}"; expected RGB or greyscale of 8 or 16 bits: {_SAVE}')
    bits = _DEPTHS[series.dtype.str] if page.bitspersample not in (12,) else 12
    photometric, samples = int(page.photometric), series.shape[axes.index("S")] if "S" in axes else 1
    palette = page.colormap if photometric == _PALETTE else None
    decoding = Decoding(axes, photometric, bits, samples, palette, 1 in page.extrasamples)
    known = photometric in (_GREY, _INVERTED, _RGB, _PALETTE, _CMYK) or _is_jpeg_ycbcr(page)
    if not known or samples not in (decoding.colours, decoding.colours + 1):
        name = getattr(page.photometric, "name", page.photometric)
        raise DataError(f"has {samples} channels of {name}; expected RGB, greyscale, a palette or CMYK: {_SAVE}")
    return decoding


def _is_jpeg_ycbcr(page: Any) -> bool:
    """YCbCr is converted to RGB by the JPEG decoder only."""
    return int(page.photometric) == _YCBCR and int(page.compression) in (6, 7)


def _axes(series: Any) -> str:
    axes: str = series.axes
    if axes in ("YX", "YXS", "SYX"):
        return axes
    extra = {axis: length for axis, length in zip(axes, series.shape, strict=True) if axis not in "YXS"}
    names = {"Z": "focal planes", "T": "points in time", "C": "separate channels"}
    found = " and ".join(f"{length} {names.get(axis, 'pages of one size')}" for axis, length in extra.items())
    raise DataError(f"has {found}; expected a single RGB image: export one plane as RGB")
