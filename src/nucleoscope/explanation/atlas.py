"""The atlas: every explained crop and its maps in one plain picture, for pages that lay them out themselves.

A row is a crop, in the order of `explanations.json`; its columns are the crop and the map of each method, pixel by
pixel, without margins or words.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.explanation import Explanation
from nucleoscope.explanation.page import colours_of, scale_of
from nucleoscope.files import replacing

CROP = "crop"
"""Name of the first column."""


def write_atlas(path: Path, explanations: Sequence[Explanation], scales: dict[Method, float]) -> dict[str, Any]:
    """Write the picture.

    Args:
        path: of the PNG.
        explanations: a row each, at least one.
        scales: the largest value of the colour scale of each method that has a column.

    Returns:
        What a reader must know to cut it, ready for JSON: the names of the columns, height and width of a cell.
    """
    rows = [
        np.concatenate([one.image, *(_painted(one.maps[method], method, scales[method]) for method in scales)], axis=1)
        for one in explanations
    ]
    with replacing(path) as temporary:
        Image.fromarray(np.concatenate(rows, axis=0)).save(temporary, optimize=True)
    height, width = explanations[0].image.shape[:2]
    return {"file": path.name, "columns": [CROP, *scales], "height": height, "width": width}


def _painted(values: NDArray[np.float32], method: Method, scale: float) -> NDArray[np.uint8]:
    """A map (H, W) in the colours of its scale, (H, W, 3)."""
    painted: NDArray[np.uint8] = colours_of(method)(scale_of(method, scale)(values), bytes=True)[..., :3]
    return painted
