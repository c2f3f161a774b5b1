"""Opening an image: which reader its file needs, and how many micrometres its pixels are."""

from pathlib import Path

from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.image.picture import open_picture
from nucleoscope.slides.image.reader import ImageReader
from nucleoscope.slides.image.resolution import PLAUSIBLE, Resolution
from nucleoscope.slides.image.slide_image import FROM_FILE, FROM_OPTION, SlideImage
from nucleoscope.slides.image.tiff import SIGNATURES, open_tiff
from nucleoscope.slides.image.whole_slide import (
    GENERIC,
    WholeSlideReader,
    dicom_slide_in,
    openslide_library,
    unknown_slide,
    vendor_of,
)

_SLIDE_SUFFIXES = frozenset({".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".vmu", ".svslide", ".czi", ".dcm"})


def open_image(path: Path, mpp: float | None = None, option: str = FROM_OPTION) -> SlideImage:
    """Open a picture, a TIFF or a whole slide, to be read in regions.

    Args:
        path: PNG, JPEG, BMP, TIFF, OME-TIFF, a file of a whole slide that OpenSlide reads, or a folder of DICOM files.
        mpp: micrometres per pixel; None takes what the file says.
        option: what `mpp` is given with, for messages.

    Returns:
        The open image; close it, or use it in a `with` block.

    Raises:
        DataError: it cannot be read, or its mpp is neither given nor in the file.
        ConfigError: the given mpp is no microscope's, or a package is missing.
    """
    if mpp is not None and not PLAUSIBLE[0] <= mpp <= PLAUSIBLE[1]:
        raise ConfigError(
            f"{option} {mpp:g} is no microscope's; expected {PLAUSIBLE[0]:g} to {PLAUSIBLE[1]:g} um/pixel, such as "
            "0.25 for a 40x scan"
        )
    reader = _reader_of(path)
    try:
        known, origin, notes = _decide(path, reader.resolution, mpp, option)
    except DataError:
        reader.close()
        raise
    return SlideImage(path, reader, known, origin, (*reader.notes, *notes))


def _reader_of(path: Path) -> ImageReader:
    if not path.exists():
        raise DataError(f"{path} does not exist: check the path")
    try:
        file = dicom_slide_in(path) if path.is_dir() else path
        with file.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise DataError(f"{path} cannot be opened ({error.strerror}): check its permissions") from error
    vendor = vendor_of(file)
    if vendor not in (None, GENERIC):
        return WholeSlideReader(file)
    if vendor is None and file.suffix.lower() in _SLIDE_SUFFIXES:
        openslide_library(file)
        raise unknown_slide(file)
    if start in SIGNATURES:
        return open_tiff(file)
    return open_picture(file)


def _decide(path: Path, resolution: Resolution, given: float | None, option: str) -> tuple[float, str, tuple[str, ...]]:
    """The mpp, who says so, and what is to be said about it."""
    if given is not None:
        return given, option, _disagreement(resolution, given, option)
    if resolution.mpp is not None:
        return resolution.mpp, FROM_FILE, ()
    if resolution.x is not None:
        raise DataError(
            f"{path} has pixels of {resolution.x:g} x {resolution.y:g} um; expected square ones: resample it, or say "
            f"its resolution with {option} if the file is wrong"
        )
    why = f" ({resolution.remark})" if resolution.remark else ""
    raise DataError(
        f"{path} does not say how large its pixels are{why}; expected um/pixel: give it with {option}, such as "
        f"{option} 0.25 for a 40x scan"
    )


def _disagreement(resolution: Resolution, given: float, option: str) -> tuple[str, ...]:
    if resolution.x is None or resolution.y is None:
        return ()
    if resolution.mpp is not None and same_resolution(resolution.mpp, given):
        return ()
    found = f"{resolution.mpp:g}" if resolution.mpp is not None else f"{resolution.x:g} x {resolution.y:g}"
    return (f"the file says {found} um/pixel; {option} {given:g} was taken instead",)
