"""Images of any size, read in regions: pictures, TIFFs and whole slides behind one interface.

>>> from nucleoscope.slides.image import open_image
>>> with open_image(Path("slide.svs")) as image:  # doctest: +SKIP
...     image.size, image.mpp, image.read(0, 0, 512, 512).shape
((46000, 32914), 0.25, (512, 512, 3))
"""

from nucleoscope.slides.image.opening import open_image
from nucleoscope.slides.image.reader import ArrayReader, ImageReader
from nucleoscope.slides.image.slide_image import SlideImage

__all__ = ["ArrayReader", "ImageReader", "SlideImage", "open_image"]
