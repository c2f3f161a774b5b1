"""Finding the nuclei of an image block by block, so that memory does not grow with it."""

from collections.abc import Callable

from nucleoscope.slides.detection.detector import Detector, Image
from nucleoscope.slides.detection.found import FoundNuclei

Progress = Callable[[int, int], None]


def find_nuclei(image: Image, detector: Detector | None = None, progress: Progress | None = None) -> FoundNuclei:
    """Find the nuclei of an image.

    Args:
        image: read in blocks, which have no influence on what is found.
        detector: a trained one (`load_detector`), or None for stain separation.
        progress: is told how many blocks are done, of how many.

    Raises:
        DataError: the image is too coarse for nuclei to be seen.
    """
    raise NotImplementedError
