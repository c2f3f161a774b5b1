"""A picture that every format stores, smooth enough for JPEG to keep it."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def picture():
    """(201, 253, 3): sizes that no tile divides."""
    coarse = np.random.default_rng(0).integers(0, 256, (20, 25, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((253, 201), Image.Resampling.BICUBIC))
