"""Crops around the nuclei of an image of any size: every nucleus has one, as the model was trained on them."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.mirror import corners_around, mirrored
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError
from nucleoscope.slides.blocks import MOST, SIDE, blocks_of
from nucleoscope.slides.image.slide_image import SlideImage

FARTHEST = 8.0
"""Times that image and model may differ in mpp: beyond, a nucleus is a few pixels or blocks outgrow memory."""

_CROPS_IN_MEMORY = 64 * 2**20  # bytes
_REACH = 2.0  # of the bicubic filter, in pixels of the coarser of the two pictures


def walk_crops(
    image: SlideImage,
    centres: NDArray[np.float64],
    crop_size: tuple[int, int],
    crop_mpp: float | None,
    side: int = SIDE,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
    """Crops of all nuclei of an image, with memory that grows neither with the image nor with their number.

    Args:
        image: where they lie.
        centres: (N, 2) x, y in full-resolution pixels.
        crop_size: height and width of the crops.
        crop_mpp: of the crops; None takes the image's pixels as they are.
        side: of the blocks that are read at once, in pixels of the image or of the crops, whichever are larger.

    Yields:
        Positions (K,) among the centres and their crops (K, h, w, 3) uint8, neighbours together; each nucleus once.

    Raises:
        DataError: a nucleus lies outside of the image, the file is damaged, or the resolutions are too far apart.
    """
    most = max(1, min(MOST, _CROPS_IN_MEMORY // (crop_size[0] * crop_size[1] * 3)))
    side = max(1, int(side * min(1.0, step_between(image, crop_mpp))))
    for block in blocks_of(centres, image.size, side, most=most):
        yield block.index, crops_of_block(image, centres[block.index], crop_size, crop_mpp)


def crops_of_block(
    image: SlideImage, centres: NDArray[np.float64], crop_size: tuple[int, int], crop_mpp: float | None
) -> NDArray[np.uint8]:
    """Crops (K, h, w, 3) uint8 of nuclei that lie close together: what is between them is read at once.

    They are windows of the image as it would be at their mpp, each nucleus rounded to a whole pixel of it. Beyond the
    border the image goes on as its mirror image, so no nucleus is dropped.

    Args:
        image: where they lie.
        centres: (K, 2) x, y in full-resolution pixels.
        crop_size: height and width of the crops.
        crop_mpp: of the crops; None takes the image's pixels as they are.

    Raises:
        DataError: the file is damaged, or the resolutions are too far apart.
    """
    windows = np.empty((len(centres), *crop_size, 3), np.uint8)
    if not len(centres):
        return windows
    step = step_between(image, crop_mpp)
    corners = corners_around(centres / step, crop_size)  # in pixels of the crops from here on
    first = corners.min(axis=0)
    width, height = (corners.max(axis=0) - first + np.array(crop_size[::-1])).tolist()
    region = read_resampled(image, int(first[0]), int(first[1]), width, height, step)
    for window, (x, y) in zip(windows, (corners - first).tolist(), strict=True):
        window[:] = region[y : y + crop_size[0], x : x + crop_size[1]]
    return windows


def step_between(image: SlideImage, crop_mpp: float | None) -> float:
    """Pixels of the image to a pixel of the crops; 1 where nothing has to be resampled.

    Raises:
        DataError: the resolutions are too far apart.
    """
    if crop_mpp is None or same_resolution(image.mpp, crop_mpp):
        return 1.0
    step = crop_mpp / image.mpp
    if not 1 / FARTHEST <= step <= FARTHEST:
        raise DataError(
            f"{image.path} has {image.mpp:g} um/pixel ({image.mpp_origin} says so), the model expects {crop_mpp:g}; "
            f"expected at most {FARTHEST:g} times more or less: check the resolution, or take an image nearer to it"
        )
    return step


def read_mirrored(image: SlideImage, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
    """A region (height, width, 3) of an image, which goes on as its mirror image beyond its border."""
    columns, rows = mirrored(left, width, image.size[0]), mirrored(top, height, image.size[1])
    x, y = int(columns.min()), int(rows.min())
    region = image.read(x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y)
    if region.shape[:2] == (height, width) and columns[0] == x and rows[0] == y:
        return region  # wholly inside
    return region[(rows - y)[:, None], columns - x]


def read_resampled(image: SlideImage, left: int, top: int, width: int, height: int, step: float) -> NDArray[np.uint8]:
    """A region (height, width, 3) of an image as it would be with pixels `step` times as large; mirrored likewise.

    Both pictures have their origin at the same corner, so a place x of the image is x / step of the other. The
    filter is bicubic, widened where it shrinks, as in `predict --mpp`.
    """
    if step == 1:
        return read_mirrored(image, left, top, width, height)
    pad = int(np.ceil(_REACH * max(step, 1.0)))
    x, y = int(np.floor(left * step)) - pad, int(np.floor(top * step)) - pad
    right, bottom = int(np.ceil((left + width) * step)) + pad, int(np.ceil((top + height) * step)) + pad
    region = Image.fromarray(read_mirrored(image, x, y, right - x, bottom - y))
    box = (left * step - x, top * step - y, (left + width) * step - x, (top + height) * step - y)
    return np.asarray(region.resize((width, height), Image.Resampling.BICUBIC, box=box))
