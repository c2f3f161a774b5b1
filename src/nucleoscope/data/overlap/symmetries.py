"""The eight symmetries of the square: flips and quarter turns of a picture, and how they follow each other.

A symmetry is a number 0..7 that says what to do with a picture: first swap rows and columns (4), then mirror
left and right (1) and upside down (2). 0 leaves it as it is.
"""

import numpy as np
from numpy.typing import NDArray

MIRRORED_X, MIRRORED_Y, TRANSPOSED = 1, 2, 4
COUNT = 8

_FLIPS = np.array([np.diag([1 - 2 * (s & MIRRORED_X), 1 - (s & MIRRORED_Y)]) for s in range(COUNT)])
MATRICES: NDArray[np.int64] = np.array(
    [flip @ (np.eye(2, dtype=int)[::-1] if s & TRANSPOSED else np.eye(2, dtype=int)) for s, flip in enumerate(_FLIPS)]
)
"""(8, 2, 2): where a point (x right, y down) goes, relative to the centre of the picture."""


def _number(matrix: NDArray[np.int64]) -> int:
    return int(np.flatnonzero((matrix == MATRICES).all(axis=(1, 2)))[0])


COMPOSED: NDArray[np.int64] = np.array([[_number(after @ before) for before in MATRICES] for after in MATRICES])
"""(8, 8): `COMPOSED[after, before]`, the symmetry that does one after the other."""

INVERSE: NDArray[np.int64] = np.array([_number(matrix.T) for matrix in MATRICES])
"""(8,): the symmetry that undoes each."""


def turned(image: NDArray[np.uint8], symmetry: int) -> NDArray[np.uint8]:
    """A view of a picture, (H, W, ...), or (W, H, ...) where rows and columns are swapped."""
    if symmetry & TRANSPOSED:
        image = image.swapaxes(0, 1)
    if symmetry & MIRRORED_X:
        image = image[:, ::-1]
    if symmetry & MIRRORED_Y:
        image = image[::-1]
    return image


def moved(offsets: NDArray[np.int64], symmetry: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where offsets (K, 2) as dx, dy point after the symmetry (K,) of each."""
    points: NDArray[np.int64] = (MATRICES[symmetry] @ offsets[:, :, None])[:, :, 0]
    return points
