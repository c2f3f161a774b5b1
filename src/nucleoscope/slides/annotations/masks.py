"""Labelled nuclei from arrays of images and masks as PanNuke has them.

PanNuke (Gamper et al., arXiv:2003.10778, 2020): `images.npy` (N, 256, 256, 3) and `masks.npy` (N, 256, 256, 6), whose
channels 0 to 4 are the classes, a number for each nucleus in its pixels; the last channel is the background.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.slides.annotations.centroids import centroids_of
from nucleoscope.slides.annotations.labelled_nuclei import ClassNumbers, LabelledNuclei, name_numbers

PANNUKE = ClassNumbers(("neoplastic", "inflammatory", "connective", "dead", "epithelial"), first=0)


@dataclass(frozen=True)
class MaskedImages:
    """Images and masks, mapped to memory.

    Attributes:
        image_path: of the images.
        mask_path: of the masks.
        images: (N, H, W, 3) of values from 0 to 255.
        masks: (N, H, W, C + 1).
    """

    image_path: Path
    mask_path: Path
    images: NDArray[Any]
    masks: NDArray[Any]

    def __len__(self) -> int:
        return len(self.images)

    def pixels(self, number: int) -> NDArray[np.uint8]:
        """An image (H, W, 3).

        Raises:
            DataError: it has other values than 0 to 255.
        """
        image = np.asarray(self.images[number])
        if not (image.min(initial=0) >= 0 and image.max(initial=0) <= 255):  # NaN is neither
            raise DataError(
                f"{self.image_path}: image {number} has values from {image.min():g} to {image.max():g}; expected 0 to "
                "255: scale them"
            )
        if image.dtype.kind == "f" and 0 < image.max(initial=0) <= 1:
            raise DataError(f"{self.image_path}: image {number} has values from 0 to 1; expected 0 to 255: scale them")
        return image.astype(np.uint8)

    def nuclei(self, number: int, classes: ClassNumbers) -> LabelledNuclei:
        """The nuclei of an image: the centroids of its masks."""
        centres, numbers = [np.empty((0, 2))], [np.empty(0, np.int64)]
        for channel in range(self.masks.shape[3] - 1):
            found = centroids_of(np.asarray(self.masks[number, :, :, channel]).astype(np.int64))[1]
            centres.append(found)
            numbers.append(np.full(len(found), channel, np.int64))
        where = f"{self.mask_path}, image {number}"
        return name_numbers("PanNuke masks", where, np.concatenate(centres), np.concatenate(numbers), classes)


def open_masks(images: Path, masks: Path) -> MaskedImages:
    """Open arrays of images and masks.

    Raises:
        DataError: they are no such arrays, or do not belong together.
    """
    opened = MaskedImages(images, masks, _mapped(images), _mapped(masks))
    shape, mask_shape = opened.images.shape, opened.masks.shape
    if len(shape) != 4 or shape[3] != 3:
        raise DataError(f"{images} has shape {shape}; expected (N, height, width, 3), as PanNuke's images.npy")
    if len(mask_shape) != 4 or mask_shape[3] != len(PANNUKE.names) + 1:
        raise DataError(f"{masks} has shape {mask_shape}; expected (N, height, width, 6), as PanNuke's masks.npy")
    if shape[:3] != mask_shape[:3]:
        raise DataError(
            f"{images} has {shape[0]:,} images of {shape[2]}x{shape[1]} pixels and {masks} {mask_shape[0]:,} masks of "
            f"{mask_shape[2]}x{mask_shape[1]}; expected the same: give those of one fold"
        )
    return opened


def _mapped(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as an array ({shown(str(error))}): copy it again") from error
    return array
