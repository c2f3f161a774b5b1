"""Fields of view with known nuclei, and the crop engine for them: a crop around every nucleus, as in training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.at_once import pictures_at_once
from nucleoscope.data.mirror import corners_around, cut_at
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.logits import Progress, predict_logits

_MOST = 1024  # crops between two reports of progress


@dataclass(frozen=True)
class Field:
    """A picture and the places of nuclei in it.

    Attributes:
        image: (H, W, 3) uint8 RGB, in memory or memory-mapped.
        centres: (N, 2) x, y in pixels, x right, y down, 0 at the left or upper edge of the image.
    """

    image: NDArray[np.uint8]
    centres: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check that the nuclei lie on the picture.

        Raises:
            DataError: a shape does not fit, or a nucleus lies outside; none is ever dropped.
        """
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8:
            raise DataError(
                f"a field has shape {self.image.shape} and type {self.image.dtype}; "
                "expected (height, width, 3) and uint8"
            )
        if self.centres.ndim != 2 or self.centres.shape[1] != 2:
            raise DataError(f"the centres of nuclei have shape {self.centres.shape}; expected (N, 2): x and y of each")
        height, width = self.image.shape[:2]
        outside = np.flatnonzero(~((self.centres >= 0) & (self.centres <= (width, height))).all(axis=1))
        if len(outside):
            x, y = self.centres[outside[0]]
            raise DataError(
                f"nucleus {outside[0] + 1} of {len(self.centres):,} is at x {x:g}, y {y:g}, outside the field of "
                f"{width}x{height} pixels; expected pixels of this picture: check the unit and the order of x and y"
            )

    def __len__(self) -> int:
        return len(self.centres)

    def corners(self, size: tuple[int, int]) -> NDArray[np.int64]:
        """Top-left pixel x, y of the window of this height and width around every nucleus, (N, 2); may lie outside."""
        return corners_around(self.centres, size)


def cut_windows(field: Field, size: tuple[int, int], index: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
    """Crops (N, *size, 3) around the nuclei of a field, or those at `index`; mirrored at the border."""
    corners = field.corners(size) if index is None else field.corners(size)[index]
    return cut_at(field.image, corners, size)


def predict_crops_of(bundle: Bundle, field: Field, progress: Progress | None = None) -> NDArray[np.float32]:
    """The crop engine: logits (N, C) of all nuclei of a field, in order, each from its own crop."""
    device = next(bundle.model.parameters()).device
    found = np.empty((len(field), len(bundle.config.classes)), np.float32)
    size = bundle.config.specification.size
    step = pictures_at_once(_MOST, *size)
    for start in range(0, len(field), step):
        index = np.arange(start, min(start + step, len(field)))
        crops = cut_windows(field, size, index)
        found[index] = predict_logits(bundle.model, crops, device=device, views=bundle.config.views).numpy()
        if progress:
            progress(int(index[-1]) + 1, len(field))
    return found
