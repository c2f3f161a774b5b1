"""Blocks of tissue from all over an image, from which its stains are estimated."""

import numpy as np
from numpy.typing import NDArray

from nucleoscope.slides.detection.grid import Grid
from nucleoscope.slides.detection.stains import density

_SIDE = 256
_BLOCKS = 48
_LOOKS = 400  # blocks that are looked at for tissue, at most
_TISSUE = 0.15  # mean optical density of a block that is not mostly glass


def sample_tissue(grid: Grid) -> list[NDArray[np.uint8]]:
    """Blocks (256, 256, 3) of an image with tissue, evenly over it, at most 48.

    All blocks of a small image are looked at, of a large one every n-th. Where none has tissue, the first ones.
    """
    blocks = list(grid.blocks(_SIDE))
    spread = np.unique(np.linspace(0, len(blocks) - 1, min(_LOOKS, len(blocks))).round().astype(int))
    pictures = (grid.read(blocks[index]) for index in spread)
    found = [picture for picture in pictures if density(picture).mean() >= _TISSUE]
    if not found:
        return [grid.read(block) for block in blocks[:_BLOCKS]]
    return [found[index] for index in np.unique(np.linspace(0, len(found) - 1, _BLOCKS).round().astype(int))]
