"""Bytes that claim to be a picture -> pixels; the size is looked at before anything is decoded."""

import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading.conversions import to_rgb
from nucleoscope.data.reading.decoding import CROP, Purpose, opened
from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.prediction.resolution import to_resolution
from nucleoscope.web.errors import TooLargeError
from nucleoscope.web.settings import Limits
from nucleoscope.web.uploads.sent import SentFile

FIELD = Purpose("field", "has far more pixels than are taken as a field: cut it, or use `nucleoscope classify`")


def decode_crop(file: SentFile, config: BundleConfig, mpp: float | None, limits: Limits) -> NDArray[np.uint8]:
    """The crop (H, W, 3) as the model must see it: of its size and resolution.

    Raises:
        TooLargeError: it has more pixels than a crop may have.
        DataError: it is no picture, damaged, or its size and resolution do not fit the model.
    """
    check_one_kind(file)
    where = Path(shown(file.name))
    with opened(where, file.content, CROP) as image:
        check_pixels(file.name, image.size, limits.crop_pixels, "a crop")
        pixels, _ = to_rgb(image)
    try:
        return _fitting(Crops(pixels[None], (file.name,), mpp=mpp), config, limits)
    except DataError as failure:
        raise DataError(f"{where}: {failure}") from failure


def _fitting(crop: Crops, config: BundleConfig, limits: Limits) -> NDArray[np.uint8]:
    """One crop resampled, unless that would make it huge on the way."""
    if crop.mpp and config.mpp and crop.size[0] * crop.size[1] * (crop.mpp / config.mpp) ** 2 > limits.crop_pixels:
        raise DataError(
            f"at {crop.mpp:g} um/pixel it shows far more tissue than the model needs at {config.mpp:g}: check mpp, or "
            "cut it smaller"
        )
    found: NDArray[np.uint8] = to_resolution(crop, config, "mpp").images[0]
    return found


def check_field(file: SentFile, limits: Limits) -> str:
    """Look at the header of a field, and say which suffix its format has.

    Raises:
        TooLargeError: it has more pixels than a field may have.
        DataError: it is no picture.
    """
    check_one_kind(file)
    with opened(Path(shown(file.name)), file.content, FIELD) as image:
        check_pixels(file.name, image.size, limits.field_pixels, "a field")
        return {"PNG": ".png", "JPEG": ".jpg", "BMP": ".bmp"}.get(image.format or "", ".tif")


def check_one_kind(file: SentFile) -> None:
    """Refuse a picture that is a zip at the same time: one of the two is hidden from someone.

    Raises:
        DataError: it is both.
    """
    if zipfile.is_zipfile(io.BytesIO(file.content)):
        raise DataError(f"{shown(file.name)} is a picture and a zip at once; expected one of them: save it anew")


def check_pixels(name: str, size: tuple[int, int], most: int, what: str) -> None:
    """Refuse a picture by its size alone.

    Raises:
        TooLargeError: it has more pixels than these.
    """
    if size[0] * size[1] > most:
        raise TooLargeError(f"{shown(name)} has {size[0]:,}x{size[1]:,} pixels; expected {most:,} at most for {what}")
