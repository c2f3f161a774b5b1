"""Finding nuclei on an image where no file says where they are."""

from nucleoscope.slides.detection.detector import Detector, Image
from nucleoscope.slides.detection.finding import find_nuclei
from nucleoscope.slides.detection.found import FoundNuclei
from nucleoscope.slides.detection.haematoxylin import HaematoxylinDetector

__all__ = ["Detector", "FoundNuclei", "HaematoxylinDetector", "Image", "find_nuclei"]
