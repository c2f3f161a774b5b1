"""Cutting: one crop around every nucleus, as the reference data was made, so neighbours share pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.synthetic.fields import Field
from nucleoscope.data.synthetic.nuclei import CLASSES
from nucleoscope.errors import DataError

SIZE = 100


def cut_crops(fields: Sequence[Field], size: int = SIZE) -> Crops:
    """Cut a crop around every nucleus whose crop lies wholly on its field.

    Args:
        fields: at least one, all with the same mpp.
        size: width and height of the crops in pixels.

    Returns:
        The crops, field by field in the order of the nuclei; the group of each is the name of its field.

    Raises:
        DataError: two fields share a name, or no nucleus is far enough from the border.
    """
    if len({field.name for field in fields}) < len(fields):
        raise DataError("two synthetic fields have the same name; give each its own, since crops are named after it")
    kept = [whole(field, size) for field in fields]
    origins = crop_origins(fields, size)
    if not len(origins):
        raise DataError(
            f"no nucleus in {len(fields)} synthetic fields has {size}x{size} pixels around it; "
            "cut smaller crops or make more or larger fields"
        )
    images = np.empty((len(origins), size, size, 3), np.uint8)
    owners = [field for field, index in zip(fields, kept, strict=True) for _ in index]
    for image, field, (x, y) in zip(images, owners, origins, strict=True):
        image[:] = field.image[y : y + size, x : x + size]
    return Crops(
        images=images,
        names=tuple(f"{f.name}_{i:04d}.png" for f, index in zip(fields, kept, strict=True) for i in index),
        labels=np.concatenate([field.labels[index] for field, index in zip(fields, kept, strict=True)]),
        classes=CLASSES,
        mpp=fields[0].mpp,
        groups=tuple(field.name for field in owners),
    )


def crop_origins(fields: Sequence[Field], size: int = SIZE) -> NDArray[np.int64]:
    """Where `cut_crops` cuts, in its order: (N, 2) int64 x, y of each crop's top-left pixel on its field."""
    kept = [corners(field, size)[whole(field, size)] for field in fields]
    return np.concatenate([*kept, np.empty((0, 2), np.int64)])


def corners(field: Field, size: int) -> NDArray[np.int64]:
    """Top-left pixel of the crop around every nucleus, (K, 2) as x, y; it may lie off the field."""
    return np.rint(field.centres).astype(np.int64) - size // 2


def whole(field: Field, size: int) -> NDArray[np.int64]:
    """Positions of the nuclei whose crops lie wholly on the field."""
    first = corners(field, size)
    height, width = field.image.shape[:2]
    return np.flatnonzero(((first >= 0) & (first + size <= (width, height))).all(axis=1))
