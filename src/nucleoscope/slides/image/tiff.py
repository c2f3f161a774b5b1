"""TIFF and OME-TIFF, tiled or in strips, pyramids in SubIFDs or pages, through tifffile and zarr."""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.image.picture import check_pixels
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
# What tifffile, its codecs and zarr raise for damaged files, found by flipping and cutting bytes of each compression;
# their own errors are among these.
_DAMAGE = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
    EOFError,
    MemoryError,
    struct.error,
)


def open_tiff(path: Path) -> ImageReader:
    """Open a TIFF.

    Raises:
        DataError: it is damaged, or its pixels are nothing to read as H&E.
    """
    reader = TiffReader(path)
    if int(np.prod(reader.chunk)) <= _LARGEST_CHUNK:
        return reader
    # One strip for the whole picture, as some programs write it: decoded once instead of for every region.
    try:
        check_pixels(path, reader.size)
        check_pixels(path, reader.chunk)
        pixels = reader.read(0, 0, *reader.size)
        return ArrayReader(pixels, reader.kind, reader.resolution, reader.notes)
    finally:
        reader.close()


class TiffReader:
    """A TIFF, of which only the strips or tiles under a region are decoded; see `ImageReader`."""

    def __init__(self, path: Path) -> None:
        """Open it; see `open_tiff`."""
        tifffile = _package("tifffile", path)
        self._path = path
        with _damage_named(path):
            self._file = tifffile.TiffFile(path)
        try:
            self._open()
        except DataError:
            self._file.close()
            raise

    def _open(self) -> None:
        zarr = _package("zarr", self._path)
        with _damage_named(self._path):
            number = int(np.argmax([np.prod(series.shape) for series in self._file.series]))
            series = self._file.series[number]
            self._decoding: Decoding = decoding_of(series)
            self._levels: list[Any] = [
                zarr.open_array(series.aszarr(level=level, fillvalue=_WHITE), mode="r")
                for level in range(len(series.levels))
            ]
            self.resolution: Resolution = tiff_resolution(self._file, number)
        self.kind = "OME-TIFF" if self._file.is_ome else "TIFF"
        self.size: tuple[int, int] = self._decoding.size_in(self._levels[0].shape)
        if 0 in self.size:
            raise DataError(f"{self._path} has {self.size[0]}x{self.size[1]} pixels; it is damaged: copy it again")
        self.chunk: tuple[int, int] = self._decoding.size_in(self._levels[0].chunks)
        self.notes = self._decoding.notes

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """See `ImageReader`."""
        return self._read_level(0, x, y, width, height)

    def _read_level(self, level: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        with _damage_named(self._path, f" at x {x}, y {y}" + (f" of level {level}" if level else "")):
            stored = self._levels[level][self._decoding.region(x, y, width, height)]
            return self._decoding.to_rgb(np.asarray(stored))

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """See `ImageReader`; from the smallest level that is large enough."""
        small = thumbnail_size(self.size, longest)
        sizes = [self._decoding.size_in(level.shape) for level in self._levels]
        level = max(i for i, size in enumerate(sizes) if size[0] >= small[0] and size[1] >= small[1])
        return shrink_in_blocks(sizes[level], small, lambda *region: self._read_level(level, *region))

    def close(self) -> None:
        """See `ImageReader`."""
        self._file.close()


def _package(name: str, path: Path) -> Any:
    """Import what reads TIFFs; it is an extra.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"{path} needs the package {name}, which is not installed: pip install 'nucleoscope[slides]'"
        ) from error


@contextmanager
def _damage_named(path: Path, where: str = "") -> Iterator[None]:
    """Put the file before every error in the block, and keep tifffile's warnings of damage out of the terminal."""
    logger = logging.getLogger("tifffile")
    disabled, logger.disabled = logger.disabled, True
    try:
        yield
    except DataError as error:
        raise DataError(f"{path} {error}") from error
    except _DAMAGE as error:
        reason = shown(str(error) or type(error).__name__)
        raise DataError(f"{path} cannot be read{where} ({reason}): copy it again, or export it anew") from error
    finally:
        logger.disabled = disabled
