"""Whole slides through OpenSlide: SVS, NDPI, MRXS, SCN, BIF, DICOM and what else it knows."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.image.picture import on_white
from nucleoscope.slides.image.resolution import UNKNOWN, Resolution, stated
from nucleoscope.slides.image.thumbnail import shrink_in_blocks, thumbnail_size

GENERIC = "generic-tiff"
"""OpenSlide's name for a tiled TIFF of no vendor it knows."""


_SERIES = "dicom.SeriesInstanceUID"
_DICOM_MARK_AT = 128  # bytes into a file
_DICOM_MARK = b"DICM"
_MIRAX = ".mrxs"
_MIRAX_FACTS = "Slidedat.ini"  # in the folder of the same name


def openslide_library(path: Path) -> Any:
    """The module `openslide`.

    Raises:
        ConfigError: it or its library is not installed, but this file needs it.
    """
    try:
        import openslide
    except ImportError as error:
        raise ConfigError(
            f"{path} needs OpenSlide, which is not installed: pip install 'nucleoscope[slides]'"
        ) from error
    return openslide


def vendor_of(path: Path) -> str | None:
    """What OpenSlide takes a file for; None if it does not know it or is not installed."""
    try:
        vendor: str | None = openslide_library(path).OpenSlide.detect_format(path)
    except ConfigError:
        return None
    return vendor


def unknown_slide(path: Path) -> DataError:
    """What to tell a user of a file that is called like a slide and that OpenSlide takes for nothing it knows."""
    if path.suffix.lower() == _MIRAX and not (path.with_suffix("") / _MIRAX_FACTS).is_file():
        return DataError(
            f"{path} has no folder {path.stem} with {_MIRAX_FACTS} beside it; expected it, since it holds the pixels: "
            "copy both"
        )
    return DataError(f"{path} is no slide that OpenSlide knows, or parts of it are missing: copy all of it again")


def dicom_slide_in(folder: Path) -> Path:
    """One file of the DICOM slide in a folder: OpenSlide finds the others of its series beside it.

    Raises:
        DataError: there is none, or more than one.
    """
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and _is_dicom(file)]
    slides = _first_of_series(files)
    if not slides:
        raise DataError(f"{folder} is a folder without a DICOM slide; expected an image or a folder of DICOM files")
    if len(slides) > 1:
        raise DataError(
            f"{folder} has {len(slides)} DICOM slides; expected one: name a file of the one you mean, such as "
            f"{slides[0].name}"
        )
    return slides[0]


def _is_dicom(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(_DICOM_MARK_AT)
        return stream.read(len(_DICOM_MARK)) == _DICOM_MARK


def _first_of_series(files: Sequence[Path]) -> list[Path]:
    """One file of each series; files of DICOM that are no slides are left out."""
    found: dict[str, Path] = {}
    for file in files:
        openslide = openslide_library(file)
        try:
            with openslide.OpenSlide(file) as slide:
                found.setdefault(slide.properties.get(_SERIES, str(file)), file)
        except openslide.OpenSlideError:
            continue
    return list(found.values())


class WholeSlideReader:
    """A slide that OpenSlide knows; see `ImageReader`."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            DataError: OpenSlide cannot.
        """
        openslide = openslide_library(path)
        try:
            self._slide = openslide.OpenSlide(path)
        except openslide.OpenSlideError as error:
            raise DataError(f"{path} cannot be read as a slide {_damage(path, error)}") from error
        self._path = path
        self._error = openslide.OpenSlideError
        self.kind = f"{self._slide.properties.get('openslide.vendor', 'OpenSlide')} slide"
        self.size: tuple[int, int] = self._slide.dimensions
        self.resolution = _resolution(self._slide.properties)
        self.notes: tuple[str, ...] = ()

    def read(self, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """See `ImageReader`."""
        return self._read_level(x, y, 0, width, height)

    def _read_level(self, x: int, y: int, level: int, width: int, height: int) -> NDArray[np.uint8]:
        try:
            region = self._slide.read_region((x, y), level, (width, height))
        except self._error as error:
            raise DataError(f"{self._path} cannot be read at x {x}, y {y} {_damage(self._path, error)}") from error
        return on_white(np.asarray(region))

    def thumbnail(self, longest: int) -> NDArray[np.uint8]:
        """See `ImageReader`; from the level that is just large enough, band by band."""
        width, height = thumbnail_size(self.size, longest)
        level = self._slide.get_best_level_for_downsample(max(1.0, self.size[0] / width))
        factor = self._slide.level_downsamples[level]
        return shrink_in_blocks(
            self._slide.level_dimensions[level],
            (width, height),
            lambda x, y, w, h: self._read_level(round(x * factor), round(y * factor), level, w, h),
        )

    def close(self) -> None:
        """See `ImageReader`."""
        self._slide.close()


def _damage(path: Path, error: Exception) -> str:
    """What OpenSlide complains about, files named from where the slide lies, and what to do."""
    reason = shown(str(error).replace(f"{path.parent}{os.sep}", ""))
    again = f"copy it and its folder {path.stem} again" if path.suffix.lower() == _MIRAX else "copy it again"
    return f"({reason}): {again}"


def _resolution(properties: Mapping[str, Any]) -> Resolution:
    try:
        x, y = float(properties["openslide.mpp-x"]), float(properties["openslide.mpp-y"])
    except (KeyError, ValueError):
        return UNKNOWN
    return stated(x, y, "its header")
