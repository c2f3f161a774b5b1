"""Finding nuclei on an image where no file says where they are.

>>> from nucleoscope.slides.detection import find_nuclei, load_detector
>>> from nucleoscope.slides.image import open_image
>>> with open_image(Path("slide.svs")) as image:  # doctest: +SKIP
...     len(find_nuclei(image)), len(find_nuclei(image, load_detector(Path("detector"))))
(181204, 203377)
"""

from nucleoscope.slides.detection.bundle import load_detector, save_detector
from nucleoscope.slides.detection.detector import Detector
from nucleoscope.slides.detection.finding import find_nuclei
from nucleoscope.slides.detection.found import FoundNuclei
from nucleoscope.slides.detection.haematoxylin import HaematoxylinDetector
from nucleoscope.slides.detection.learned import LearnedDetector

__all__ = [
    "Detector",
    "FoundNuclei",
    "HaematoxylinDetector",
    "LearnedDetector",
    "find_nuclei",
    "load_detector",
    "save_detector",
]
