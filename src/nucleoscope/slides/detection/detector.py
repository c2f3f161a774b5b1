"""What a detector of nuclei must give."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Sample = Callable[[], Sequence[NDArray[np.uint8]]]
"""Reads blocks (h, w, 3) of tissue from all over an image, for those who need them."""


class Response(Protocol):
    """How much every pixel looks like the centre of a nucleus."""

    def __call__(self, block: NDArray[np.uint8], /) -> NDArray[np.float32]:
        """A number for each pixel of a block (H, W, 3) at the detector's resolution, (H, W)."""


class Detector(Protocol):
    """Finds nuclei as maxima of a response that is local: what lies farther away than `halo` does not matter."""

    @property
    def name(self) -> str:
        """What it is, in words, for the summary."""

    @property
    def mpp(self) -> float:
        """Micrometres per pixel that it works at."""

    @property
    def halo(self) -> int:
        """How many pixels around a pixel its response depends on, at most."""

    @property
    def threshold(self) -> float:
        """The least response of a nucleus."""

    @property
    def separation(self) -> float:
        """Of two maxima closer than this, in um, only the stronger is a nucleus."""

    def adapt(self, sample: Sample) -> Response:
        """The response for an image; stain and contrast differ by image, and a sample of its tissue shows them."""
