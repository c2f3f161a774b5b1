"""Windows of a picture, which goes on as its mirror image beyond its border."""

import numpy as np
from numpy.typing import NDArray


def corners_around(centres: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.int64]:
    """The top-left pixel of the window around every nucleus, (N, 2) x, y; it may lie outside of the picture.

    Args:
        centres: (N, 2) x, y in pixels, x right, y down, 0 at the left or upper edge of the picture.
        size: height and width of a window in pixels.
    """
    # Halves go up, not to the even neighbour: else a window would move by two pixels where its nucleus moves by one.
    corners: NDArray[np.int64] = np.floor(centres + 0.5).astype(np.int64) - (size[1] // 2, size[0] // 2)
    return corners


def cut_at(image: NDArray[np.uint8], corners: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Windows (N, *size, 3) of an image (H, W, 3) at their top-left pixels (N, 2), mirrored at the border."""
    windows = np.empty((len(corners), *size, 3), np.uint8)
    height, width = size
    inside = ((corners >= 0) & (corners + np.array([width, height]) <= (image.shape[1], image.shape[0]))).all(axis=1)
    for window, (left, top), whole in zip(windows, corners.tolist(), inside.tolist(), strict=True):
        if whole:  # most are, and a slice is many times as fast
            window[:] = image[top : top + height, left : left + width]
        else:
            window[:] = read_block(image, left, top, width, height)
    return windows


def read_block(image: NDArray[np.uint8], left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
    """A rectangle (height, width, 3) of an image, which goes on as its mirror image beyond its border."""
    rows, columns = mirrored(top, height, image.shape[0]), mirrored(left, width, image.shape[1])
    return image[rows[:, None], columns]


def mirrored(start: int, count: int, length: int) -> NDArray[np.int64]:
    """Indices start, start + 1, ... folded back into 0..length-1, the border pixel itself not repeated."""
    period = max(1, 2 * (length - 1))
    folded = np.arange(start, start + count) % period
    return np.minimum(folded, period - folded)
