"""Crops in the layout of the reference task's competition: what its reader, its tutorial and its tests read."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.crops import Crops
from nucleoscope.files import write_csv

_HEADER = ("Filename", "Label")


def write_competition(folder: Path, crops: Crops, tested: NDArray[np.bool_]) -> None:
    """Write `train.csv` with `train/`, and `test/` with `example.csv`, whose labels are all 0.

    Args:
        folder: to write into; made if it is missing.
        crops: labelled; their names are those of the PNGs.
        tested: (N,) which of them are the test set.

    Raises:
        DataError: the crops have no labels.
    """
    labels = crops.targets()
    for part, table, positions in (
        ("train", "train.csv", np.flatnonzero(~tested)),
        ("test", "example.csv", np.flatnonzero(tested)),
    ):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for position in positions.tolist():
            Image.fromarray(crops.images[position]).save(folder / part / crops.names[position])
        told = labels if part == "train" else np.zeros_like(labels)
        rows = [(crops.names[position], int(told[position])) for position in positions.tolist()]
        write_csv(folder / table, _HEADER, sorted(rows))
