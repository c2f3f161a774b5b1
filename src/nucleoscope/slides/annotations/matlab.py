"""Labelled nuclei from the `.mat` files of CoNSeP (and HoVer-Net) and of Lizard.

CoNSeP (Graham et al., HoVer-Net, Medical Image Analysis 58, 2019): `inst_map`, `inst_type`, `inst_centroid`, in the
order of the numbers in `inst_map`. Lizard (Graham et al., ICCV workshops 2021): `inst_map`, `class`, `centroid`. Both
give centroids as x, y in numbers of pixels, where the middle of the first pixel is 0.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import listed, shown
from nucleoscope.errors import DataError
from nucleoscope.slides.annotations.centroids import centroids_of
from nucleoscope.slides.annotations.labelled_nuclei import ClassNumbers, LabelledNuclei, name_numbers

CONSEP = ClassNumbers(
    (
        "other",
        "inflammatory",
        "healthy epithelial",
        "dysplastic/malignant epithelial",
        "fibroblast",
        "muscle",
        "endothelial",
    )
)
LIZARD = ClassNumbers(("neutrophil", "epithelial", "lymphocyte", "plasma", "eosinophil", "connective tissue"))

_MAP = "inst_map"
_FORMATS = {  # the classes' key: name of the format, key of the centroids, meaning of the numbers
    "inst_type": ("CoNSeP", "inst_centroid", CONSEP),
    "class": ("Lizard", "centroid", LIZARD),
}


def read_matlab(path: Path, size: tuple[int, int], names: Sequence[str] | None) -> LabelledNuclei:
    """Nuclei of a `.mat` file.

    Args:
        path: of the file.
        size: width and height of its image in pixels.
        names: of the classes, if a user gave them.

    Raises:
        DataError: it is no such file, does not fit the image, or its parts do not fit each other.
        ConfigError: the names do not fit the format.
    """
    values = _load(path)
    key = next((key for key in _FORMATS if key in values), None)
    if key is None or _MAP not in values:
        found = listed([name for name in values if not name.startswith("__")]) or "nothing"
        raise DataError(
            f"{path} holds {found}; expected {_MAP} with inst_type and inst_centroid (CoNSeP) or with class and "
            "centroid (Lizard)"
        )
    kind, centroid_key, classes = _FORMATS[key]
    instances = values[_MAP]
    if instances.shape != size[::-1]:
        shape = "x".join(str(side) for side in instances.shape[::-1])
        raise DataError(
            f"{path}: {_MAP} has {shape} pixels and the image {size[0]}x{size[1]}; expected the same: check that they "
            "belong together"
        )
    numbers = _numbers(path, key, values[key])
    if centroid_key in values:
        centres = _centres(path, centroid_key, values[centroid_key], size)
    else:
        centres = centroids_of(instances.astype(np.int64))[1]
    if len(centres) != len(numbers):
        raise DataError(
            f"{path} has {len(centres):,} centroids and {len(numbers):,} classes; expected one of each a nucleus"
        )
    return name_numbers(f"{kind} .mat", str(path), centres, numbers, classes.called(names))


def _load(path: Path) -> Mapping[str, Any]:
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        values: Mapping[str, Any] = loadmat(path)
    except NotImplementedError as error:
        raise DataError(f"{path} is a MATLAB 7.3 file; expected version 7 or earlier: save it with -v7") from error
    except (MatReadError, ValueError, TypeError, OSError, EOFError, IndexError, KeyError) as error:
        raise DataError(f"{path} cannot be read as a MATLAB file ({shown(str(error))}): copy it again") from error
    return values


def _numbers(path: Path, key: str, values: NDArray[Any]) -> NDArray[np.int64]:
    flat = np.asarray(values).reshape(-1)
    if flat.dtype.kind not in "iuf" or not np.isfinite(flat).all() or (flat != np.floor(flat)).any():
        raise DataError(f"{path}: {key} holds other things than whole numbers; expected the class of each nucleus")
    return flat.astype(np.int64)


def _centres(path: Path, key: str, values: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float64]:
    """Centroids in pixels from the left and upper edge; a file without nuclei may have any empty array."""
    found = np.asarray(values)
    if not found.size:
        return np.empty((0, 2))
    if found.dtype.kind not in "iuf" or found.ndim != 2 or found.shape[1] != 2:
        raise DataError(f"{path}: {key} has shape {found.shape}; expected (N, 2): x and y of each nucleus")
    centres = found.astype(np.float64) + 0.5
    outside = np.flatnonzero(~((centres >= 0) & (centres <= size)).all(axis=1))
    if len(outside):
        x, y = found[outside[0]].tolist()
        raise DataError(
            f"{path}: nucleus {outside[0] + 1:,} is at x {x:g}, y {y:g}, outside of the image of {size[0]}x{size[1]} "
            "pixels; expected pixels of this image: check the order of x and y"
        )
    return centres
