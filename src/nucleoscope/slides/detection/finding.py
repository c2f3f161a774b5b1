"""Finding the nuclei of an image block by block, so that memory does not grow with it."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nucleoscope.slides.detection.detector import Detector, Response
from nucleoscope.slides.detection.found import FoundNuclei
from nucleoscope.slides.detection.grid import Block, Grid
from nucleoscope.slides.detection.haematoxylin import HaematoxylinDetector
from nucleoscope.slides.detection.peaks import find_peaks
from nucleoscope.slides.detection.sample import sample_tissue
from nucleoscope.slides.detection.stains import density
from nucleoscope.slides.image.slide_image import SlideImage

SIDE = 1024
"""Side of a block in pixels of the detector's resolution."""

_STEP = 32
_TINT = 0.08  # mean optical density around a place below which there is glass; pale cytoplasm has 0.2
_TINT_UM = 4.0  # side of the square that the mean is over

Progress = Callable[[int, int], None]


def find_nuclei(
    image: SlideImage, detector: Detector | None = None, progress: Progress | None = None, side: int = SIDE
) -> FoundNuclei:
    """Find the nuclei of an image.

    Args:
        image: read in blocks, which have no influence on what is found.
        detector: a trained one (`load_detector`), or None for stain separation.
        progress: is told how many blocks are done, of how many.
        side: of a block in pixels of the detector's resolution, a multiple of 32.

    Raises:
        DataError: the image is too coarse for nuclei to be seen.
    """
    detector = detector or HaematoxylinDetector()
    grid = Grid.at(image, detector.mpp)
    respond = detector.adapt(lambda: sample_tissue(grid))
    blocks = list(grid.blocks(min(side, _whole_steps(max(grid.size)))))
    centres, scores = [np.empty((0, 2))], [np.empty(0, np.float32)]
    for done, block in enumerate(blocks, 1):
        found, values = _find_in(grid, block, detector, respond)
        centres.append(found)
        scores.append(values)
        if progress:
            progress(done, len(blocks))
    return _in_order(image, detector.name, np.concatenate(centres) * grid.step, np.concatenate(scores))


def _find_in(
    grid: Grid, block: Block, detector: Detector, respond: Response
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Centres (N, 2) in pixels of the grid, and their responses, of the nuclei in a block."""
    separation = detector.separation / detector.mpp
    margin = _whole_steps(detector.halo + separation + 4)
    pixels = grid.read(block.grown(margin))
    tinted = _tint(pixels, detector.mpp)
    if not (tinted >= _TINT).any():
        return np.empty((0, 2)), np.empty(0, np.float32)
    centres, values = find_peaks(respond(pixels), detector.threshold, separation)
    inside = (centres >= margin).all(axis=1) & (centres < (margin + block.width, margin + block.height)).all(axis=1)
    centres, values = centres[inside], values[inside]
    column, row = np.floor(centres).astype(int).T
    kept = tinted[row, column] >= _TINT
    return centres[kept] + (block.left - margin, block.top - margin), values[kept]


def _whole_steps(pixels: float) -> int:
    """At least so many pixels: blocks begin and end at whole steps of a network's coarsest maps."""
    return math.ceil(pixels / _STEP) * _STEP


def _tint(pixels: NDArray[np.uint8], mpp: float) -> NDArray[np.float32]:
    """Mean optical density around each pixel."""
    found: NDArray[np.float32] = ndimage.uniform_filter(
        density(pixels).mean(axis=2), 2 * round(_TINT_UM / mpp / 2) + 1, mode="nearest"
    )
    return found


def _in_order(image: SlideImage, kind: str, centres: NDArray[np.float64], scores: NDArray[np.float32]) -> FoundNuclei:
    """Those on the image, by y, then x: the order of the blocks must not be seen."""
    on_image = (centres < image.size).all(axis=1)
    centres, scores = centres[on_image], scores[on_image]
    order = np.lexsort((centres[:, 0], centres[:, 1]))
    return FoundNuclei(image.path, kind, centres[order], scores[order])
