"""Keypoints: places of a crop that are found again after recompression, flips and turns, and what is around them.

They are extrema of the brightness in one band of scales, a difference of Gaussians, as in Lowe, Distinctive image
features from scale-invariant keypoints (IJCV 60, 2004); a crop is never rescaled, so one scale is enough. Both are
chosen by the pixels around them alone: every crop of the same place has the same ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nucleoscope.data.overlap.comparing import Pixels
from nucleoscope.data.overlap.links import Integers
from nucleoscope.data.overlap.tolerance import brightness

FINE, COARSE = 1.4, 2.4
"""Deviations of the two Gaussians in pixels: between them lie specks of about four pixels, from chromatin to the
rims of nuclei. Blocks of JPEG and sensor noise are finer."""

CONTRAST = 3.0
"""Least height of an extremum in grey levels. Glass and padding have none, noise stays below."""

EDGE_RATIO = 8.0
"""Largest squared trace over determinant of the curvature: what is long and thin has no place along itself."""

GRID, STEP = 7, 2
"""A patch is sampled at 7x7 places, 2 pixels apart."""

REACH = GRID // 2 * STEP
"""Pixels from the middle of a patch to its border, and the least distance of a keypoint from that of its crop."""

Band = NDArray[np.float32]


@dataclass(frozen=True)
class Keypoints:
    """Some keypoints of some crops.

    Attributes:
        crop: (K,) the position of its crop among those given.
        place: (K, 2) x and y in pixels.
        patch: (K, 7, 7) the band around each, rows down and columns right; mean 0 and length 1.
    """

    crop: Integers
    place: Integers
    patch: Band

    def __len__(self) -> int:
        return len(self.crop)


def find_keypoints(images: Pixels) -> Keypoints:
    """All keypoints of crops, (n, H, W, 3) uint8; none if they are smaller than a patch."""
    band = _band(images)
    crop, y, x = np.nonzero(_extrema(band))
    sharp = _is_blob(band, crop, y, x)
    crop, y, x = crop[sharp], y[sharp], x[sharp]
    steps = np.arange(-REACH, REACH + 1, STEP)
    patch = band[crop[:, None, None], (y[:, None] + steps)[:, :, None], (x[:, None] + steps)[:, None, :]]
    patch -= patch.mean(axis=(1, 2), keepdims=True)
    patch /= np.linalg.norm(patch, axis=(1, 2), keepdims=True)
    return Keypoints(crop, np.column_stack([x, y]), patch)


def _band(images: Pixels) -> Band:
    """The brightness at the scales of a keypoint, (n, H, W)."""
    grey = brightness(images)
    fine, coarse = (ndimage.gaussian_filter(grey, (0, sigma, sigma), truncate=3.0) for sigma in (FINE, COARSE))
    band: Band = fine - coarse
    return band


def _extrema(band: Band) -> NDArray[np.bool_]:
    """Where the band is highest or lowest of the 5x5 pixels around, and far from 0 and the border, (n, H, W)."""
    high = (band > CONTRAST) & (band == ndimage.maximum_filter(band, (1, 5, 5)))
    low = (band < -CONTRAST) & (band == ndimage.minimum_filter(band, (1, 5, 5)))
    inside = np.zeros(band.shape[1:], np.bool_)
    inside[REACH:-REACH, REACH:-REACH] = True
    found: NDArray[np.bool_] = (high | low) & inside
    return found


def _is_blob(band: Band, crop: Integers, y: Integers, x: Integers) -> NDArray[np.bool_]:
    """Whether the band falls off in every direction, by its Hessian (K,)."""
    twice = 2 * band[crop, y, x]
    xx = band[crop, y, x + 1] + band[crop, y, x - 1] - twice
    yy = band[crop, y + 1, x] + band[crop, y - 1, x] - twice
    falling, rising = (
        band[crop, y + 1, x + 1] + band[crop, y - 1, x - 1],
        band[crop, y - 1, x + 1] + band[crop, y + 1, x - 1],
    )
    xy = (falling - rising) / 4
    determinant = xx * yy - xy**2
    blob: NDArray[np.bool_] = (determinant > 0) & ((xx + yy) ** 2 < EDGE_RATIO * determinant)
    return blob
