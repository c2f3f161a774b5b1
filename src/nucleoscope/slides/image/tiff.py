"""TIFF and OME-TIFF, tiled or in strips, pyramids in SubIFDs or pages, through tifffile and zarr."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.slides.image.picture import EXPECTED, check_pixels
from nucleoscope.slides.image.reader import ArrayReader, ImageReader
from nucleoscope.slides.image.resolution import Resolution
from nucleoscope.slides.image.thumbnail import shrink_in_blocks, thumbnail_size
from nucleoscope.slides.image.tiff_pixels import Decoding, decoding_of
from nucleoscope.slides.image.tiff_resolution import tiff_resolution

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How every TIFF begins: classic and BigTIFF, in either byte order."""

_WHITE = 255
# A strip or tile of more pixels than this is too large to be decoded again for every region.
_LARGEST_CHUNK = 16_000_000


def open_tiff(path: Path) -> ImageReader:
    """Open a TIFF.

    Raises:
        DataError: it is damaged, or its pixels are nothing to read as H&E.
    """
    reader = TiffReader(path)
    if reader.largest_chunk <= _LARGEST_CHUNK:
        return reader
    # One strip for the whole picture, as some programs write it: decoded once instead of for every region.
    try:
        check_pixels(path, reader.size)
        pixels = reader.read(0, 0, *reader.size)
        return ArrayReader(pixels, reader.kind, reader.resolution, reader.notes)
    finally:
        reader.close()


class TiffReader:
    """A TIFF, of which only the strips or tiles under a region are decoded; see `ImageReader`."""

    def __init__(self, path: Path) -> None:
        """Open it; see `open_tiff`."""
        import tifffile

        self._path = path
        try:
            self._file = tifffile.TiffFile(path)
        except _DAMAGE as error:
            raise DataError(f"{path} cannot be read as a TIFF ({shown(str(error))}); {EXPECTED}") from error
        try:
            self._open()
        except DataError as error:
            self._file.close()
            raise DataError(f"{path} {error}") from error
        except _DAMAGE as error:
            self._file.close()
            raise DataError(f"{path} cannot be read as a TIFF ({shown(str(error))}): copy it again") from error

    def _open(self) -> None:
        import zarr

        number = int(np.argmax([np.prod(series.shape) for series in self._file.series]))
        series = self._file.series[number]
        self._decoding: Decoding = decoding_of(series)
        self._levels: list[Any] = [
            zarr.open_array(series.aszarr(level=level, fillvalue=_WHITE), mode="r")
            for level in range(len(series.levels))
        ]
        self.kind = "OME-TIFF" if self._file.is_ome else "TIFF"
        self.size: tuple[int, int] = self._size_of(0)
        self.largest_chunk = int(np.prod(self._decoding.pixels_of(self._levels[0].chunks)))
        self.resolution: Resolution = tiff_resolution(self._file, number)
        self.notes = self._decoding.notes

    def _size_of(self, level: int) -> tuple[int, int]:
        height, width = self._decoding.pixels_of(self._levels[level].shape)
        return width, height

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """See `ImageReader`."""
        return self._read_level(0, x, y, width, height)

    def _read_level(self, level: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        try:
            region = self._levels[level][self._decoding.region(x, y, width, height)]
            return self._decoding.to_rgb(np.asarray(region))
        except _DAMAGE as error:
            raise DataError(
                f"{self._path} cannot be read at x {x}, y {y} ({shown(str(error))}): copy it again"
            ) from error

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """See `ImageReader`; from the smallest level that is large enough."""
        small = thumbnail_size(self.size, longest)
        enough = [i for i in range(len(self._levels)) if min(np.subtract(self._size_of(i), small)) >= 0]
        level = max(enough)
        return shrink_in_blocks(self._size_of(level), small, lambda *region: self._read_level(level, *region))

    def close(self) -> None:
        """See `ImageReader`."""
        self._file.close()


# What tifffile, its codecs and zarr raise for damaged files; TiffFileError and the codecs' errors are among them.
_DAMAGE = (OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError, struct.error, EOFError, OverflowError)
