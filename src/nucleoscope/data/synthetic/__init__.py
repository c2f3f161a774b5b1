"""Synthetic H&E tissue: fields with nuclei of four classes, and the overlapping crops cut from them.

Everything that nucleoscope does can be tried and tested on it, without a download. It is drawn to be
believable, not to be true: numbers measured on it say whether the software works, nothing about patients.

>>> crops = cut_crops(make_fields(count=2, seed=0, size=200))
>>> crops.size, crops.mpp, sorted(set(crops.groups))
((100, 100), 0.25, ['f00', 'f01'])
"""

from nucleoscope.data.synthetic.competition import write_competition
from nucleoscope.data.synthetic.cutting import crop_origins, cut_crops
from nucleoscope.data.synthetic.demo import demo_crops, demo_data
from nucleoscope.data.synthetic.fields import Field, make_field, make_fields
from nucleoscope.data.synthetic.growth import Tissue
from nucleoscope.data.synthetic.nuclei import CLASSES

__all__ = [
    "CLASSES",
    "Field",
    "Tissue",
    "crop_origins",
    "cut_crops",
    "demo_crops",
    "demo_data",
    "make_field",
    "make_fields",
    "write_competition",
]
