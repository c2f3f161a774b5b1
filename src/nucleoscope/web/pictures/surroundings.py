"""What lies around a crop: the pixels that its neighbours of the same tile have."""

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.data.overlap.surroundings import TilePlaces
from nucleoscope.data.overlap.symmetries import INVERSE, turned
from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.pipeline.linked_crops import as_it_lies

SIDES = 3
"""Width and height of the surroundings, in those of a crop, which is in the middle."""

_WHOLE = 8192  # pixels that neighbours can span; more would be shown with gaps


class Surroundings:
    """The places of all crops, labelled ones first and then those of the test set.

    Args:
        places: of them.
        dataset: its crops, as they lie there.
    """

    def __init__(self, places: TilePlaces, dataset: Dataset) -> None:
        self._dataset, self._tile, self._orientation = dataset, places.tile, places.orientation
        self._x, self._y = places.corner.T

    def has_neighbours(self) -> NDArray[np.bool_]:
        """Which crops have others on their tile, (N + T,)."""
        found: NDArray[np.bool_] = np.bincount(self._tile)[self._tile] > 1
        return found

    def around(self, position: int) -> NDArray[np.uint8]:
        """What is known around a crop, turned as the crop is.

        Args:
            position: of a labelled crop.

        Returns:
            (SIDES * H, SIDES * W, 4) RGBA, transparent where no crop has a pixel.
        """
        height, width = self._dataset.crops.size
        near = self._near(position, height, width)
        mosaic = lay_out(self._x[near], self._y[near], (height, width), map(self._picture, near.tolist()), _WHOLE)
        column, row = (mosaic.centres[-1] - (width / 2, height / 2)).round().astype(int)  # of the crop itself
        pixels = np.dstack([mosaic.image, 255 * mosaic.known.astype(np.uint8)])
        wide = np.zeros((pixels.shape[0] + 2 * height, pixels.shape[1] + 2 * width, 4), np.uint8)
        wide[height:-height, width:-width] = pixels
        window = wide[row : row + SIDES * height, column : column + SIDES * width]
        return np.ascontiguousarray(turned(window, int(INVERSE[self._orientation[position]])))

    def _near(self, position: int, height: int, width: int) -> NDArray[np.int64]:
        """Crops that reach into the surroundings of one; itself last, so that it is on top."""
        dx, dy = self._x - self._x[position], self._y - self._y[position]
        near = (self._tile == self._tile[position]) & (abs(dx) < 2 * width) & (abs(dy) < 2 * height)
        near[position] = False
        return np.append(np.flatnonzero(near), position)

    def _picture(self, position: int) -> NDArray[np.uint8]:
        """A crop as it lies on its tile."""
        return as_it_lies(self._dataset, position, int(self._orientation[position]))
