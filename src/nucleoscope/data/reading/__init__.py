"""Reading crops from what people have: a competition's files, a folder per class, zips, bare pictures."""

from nucleoscope.data.reading.dataset import DEMO, Dataset, read_dataset
from nucleoscope.data.reading.decoding import Progress
from nucleoscope.data.reading.unlabelled import read_pictures

__all__ = ["DEMO", "Dataset", "Progress", "read_dataset", "read_pictures"]
