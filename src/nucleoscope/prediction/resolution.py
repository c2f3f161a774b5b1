"""Bringing crops to the resolution and size that a bundle was made for, or refusing."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.concealing import with_unknown_surroundings
from nucleoscope.data.crops import Crops
from nucleoscope.data.resolution import same_resolution
from nucleoscope.data.room import make_room
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.specification import Specification


def to_resolution(crops: Crops, config: BundleConfig, option: str = "--mpp") -> Crops:
    """Crops as the bundle's model must see them: resampled to its mpp, then cut to its size around the centre.

    Of a bundle that sees the surroundings of a crop too, crops by themselves do: what lies around is then unknown.

    Args:
        crops: their `mpp` is None if it is not known; then their size must be one that the bundle takes.
        config: of the bundle.
        option: what the mpp of crops is given with, for messages.

    Returns:
        The same object if nothing had to be done.

    Raises:
        DataError: the size does not fit and no resampling can make it fit.
    """
    specification = config.specification
    wanted, least = specification.size, specification.crop_size
    factor = crops.mpp / config.mpp if crops.mpp and config.mpp else 1.0
    same = same_resolution(factor, 1.0)
    if same and crops.size == wanted:
        return crops
    if (crops.mpp is None or config.mpp is None) and crops.size != least:
        raise DataError(
            f"crops are {crops.size[1]}x{crops.size[0]} pixels; the model expects {sizes_taken(specification)}"
            + _resolution_hint(config, option)
        )
    resampled = crops.size if same else (round(crops.size[0] * factor), round(crops.size[1] * factor))
    if resampled[0] < least[0] or resampled[1] < least[1]:
        raise DataError(
            f"crops of {crops.size[1]}x{crops.size[0]} pixels at {crops.mpp:g} um/pixel show less tissue than the "
            f"model needs ({least[1]}x{least[0]} at {config.mpp:g}); cut them larger: at least "
            f"{int(np.ceil(least[1] / factor))}x{int(np.ceil(least[0] / factor))} pixels"
        )
    images = make_room((len(crops), *wanted, 3))
    for position, image in enumerate(crops.images):
        images[position] = _fit(image, resampled, wanted)
    return replace(crops, images=images, mpp=config.mpp)


def is_alone(crops: Crops, config: BundleConfig) -> bool:
    """Whether crops show less than the bundle's model could see, so that what lies around them is unknown to it."""
    wanted = config.specification.size
    factor = crops.mpp / config.mpp if crops.mpp and config.mpp else 1.0
    if same_resolution(factor, 1.0):
        return crops.size[0] < wanted[0] or crops.size[1] < wanted[1]
    return round(crops.size[0] * factor) < wanted[0] or round(crops.size[1] * factor) < wanted[1]


def sizes_taken(specification: Specification) -> str:
    """The sizes of pictures that a model takes as they are, in words."""
    (height, width), (least_height, least_width) = specification.size, specification.crop_size
    alone = f", or {least_width}x{least_height} with nothing around it" if specification.surroundings > 1 else ""
    return f"{width}x{height}{alone}"


def _resolution_hint(config: BundleConfig, option: str) -> str:
    if config.mpp is None:
        return ", and has no resolution on record to resample to: cut crops of that size"
    return f" at {config.mpp:g} um/pixel: cut crops of that size, or say the resolution of yours with {option}"


def _fit(image: NDArray[np.uint8], resampled: tuple[int, int], wanted: tuple[int, int]) -> NDArray[np.uint8]:
    """One crop (H, W, 3), resampled and cut to its centre, or put into the centre of what it does not show."""
    if image.shape[:2] != resampled:
        picture = Image.fromarray(image).resize((resampled[1], resampled[0]), Image.Resampling.BICUBIC)
        image = np.asarray(picture)
    height, width = min(resampled[0], wanted[0]), min(resampled[1], wanted[1])
    top, left = (resampled[0] - height) // 2, (resampled[1] - width) // 2
    shown = image[top : top + height, left : left + width]
    return shown if (height, width) == wanted else with_unknown_surroundings(shown, wanted)
