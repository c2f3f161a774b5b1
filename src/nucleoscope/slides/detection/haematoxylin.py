"""The detector that needs no training: blobs of haematoxylin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nucleoscope.slides.detection.detector import Response, Sample
from nucleoscope.slides.detection.stains import separate_stains

_TRUNCATE = 3.5  # deviations after which a Gaussian is cut


@dataclass(frozen=True)
class HaematoxylinDetector:
    """Maxima of the Laplacian of Gaussian of haematoxylin, above the Otsu threshold of the image.

    Colours are separated by the image's own stain vectors; at each deviation in `blobs` the scale-normalised Laplacian
    (Lindeberg 1998) is highest in the middle of a disc of about 1.4 times that radius. The larger of them counts. The
    defaults are what `benchmarks/detection.py` chose on twenty fields of colorectal tissue.

    Attributes:
        blobs: deviations in um.
        threshold: least response; a nucleus with all haematoxylin of the image on none has about 0.5.
        separation: in um.
        darkness: a nucleus has at least this share of the Otsu threshold of haematoxylin.
        mpp: micrometres per pixel.
    """

    blobs: tuple[float, ...] = (2.5,)
    threshold: float = 0.113
    separation: float = 2.5
    darkness: float = 1.0
    mpp: float = 0.5

    @property
    def name(self) -> str:
        """In words."""
        return "stain separation (haematoxylin blobs, not trained)"

    @property
    def halo(self) -> int:
        """Of the widest Gaussian, in pixels."""
        return int(_TRUNCATE * max(self.blobs) / self.mpp + 0.5) + 1

    def adapt(self, sample: Sample) -> Response:
        """Estimate stains and threshold of an image from its tissue."""
        blocks = sample()
        stains = separate_stains(np.concatenate([block.reshape(-1, 3) for block in blocks]))
        smooth = [self._smooth(stains.haematoxylin(block), self.blobs[0]) for block in blocks]
        least = self.darkness * otsu(np.concatenate([found.ravel() for found in smooth]))

        def respond(block: NDArray[np.uint8]) -> NDArray[np.float32]:
            haematoxylin = stains.haematoxylin(block)
            response = np.full(block.shape[:2], -np.inf, np.float32)
            for blob in self.blobs:
                deviation = blob / self.mpp
                laplacian = ndimage.gaussian_laplace(haematoxylin, deviation, mode="nearest", truncate=_TRUNCATE)
                np.maximum(response, -(deviation**2) * laplacian, out=response)
            response[self._smooth(haematoxylin, self.blobs[0]) < least] = 0.0
            return response

        return respond

    def _smooth(self, haematoxylin: NDArray[np.float32], blob: float) -> NDArray[np.float32]:
        found: NDArray[np.float32] = ndimage.gaussian_filter(
            haematoxylin, blob / self.mpp, mode="nearest", truncate=_TRUNCATE
        )
        return found


def otsu(values: NDArray[np.float32]) -> float:
    """The threshold that parts values (N,) into two groups with the largest variance between them (Otsu 1979)."""
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = len(values) - below
    total = np.cumsum(counts * middles)
    between = (total[:-1] / np.maximum(below, 1) - (total[-1] - total[:-1]) / np.maximum(above, 1)) ** 2
    return float(middles[np.argmax(below * above * between)])
