"""The data of `make demo`: small enough for a laptop, with the traps of the real thing."""

from dataclasses import replace

import numpy as np

from nucleoscope.data.crops import Crops
from nucleoscope.data.synthetic.cutting import cut_crops
from nucleoscope.data.synthetic.fields import make_fields

FIELDS = 16
TEST_SHARE = 0.18


def demo_crops(seed: int = 0) -> Crops:
    """All crops of sixteen fields, about 1,700: every class on four fields or more, no field with all."""
    return cut_crops(make_fields(FIELDS, seed))


def demo_data(seed: int = 0) -> tuple[Crops, Crops]:
    """The demo's crops, parted like a competition's: test crops lie among labelled ones and overlap them.

    Args:
        seed: the same seed gives the same data.

    Returns:
        The labelled crops and, without labels, the test crops, each sorted by name. The truth about the test
        crops is in `demo_crops` under the same names.
    """
    crops = demo_crops(seed)
    tested = np.random.default_rng(seed).random(len(crops)) < TEST_SHARE
    test = crops.subset(np.flatnonzero(tested))
    return crops.subset(np.flatnonzero(~tested)), replace(test, labels=None, classes=())
