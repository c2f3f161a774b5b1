"""`Examples`: labelled crops as a fit sees them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Examples:
    """Positions into a shared array of crops, never a copy of it.

    Attributes:
        images: (N, H, W, 3) uint8, all crops.
        labels: (N,) int64 in 0..C-1.
        index: (M,) int64, positions of the crops that are meant.
        n_classes: C.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    index: NDArray[np.int64]
    n_classes: int

    def __len__(self) -> int:
        return len(self.index)

    @property
    def targets(self) -> NDArray[np.int64]:
        """The labels at `index`, (M,)."""
        return self.labels[self.index]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the crops, in pixels."""
        return self.images.shape[1], self.images.shape[2]
