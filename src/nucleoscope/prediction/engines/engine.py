"""What every engine can do."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_PIXELS = 80_000  # eight crops of 100x100 pixels: four to sixteen measured best for mobilenet_v2
_MOST_CROPS = 64


class Engine(Protocol):
    """A network that is ready to compute; it carries its normalisation."""

    def logits(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits (B, C) of pictures (B, H, W, 3) uint8, of the size that the bundle was made for; any B."""


def crops_a_step(height: int, width: int) -> int:
    """How many crops a core computes at once: few enough that what is between two layers stays in its cache."""
    return max(1, min(_MOST_CROPS, _PIXELS // (height * width)))
