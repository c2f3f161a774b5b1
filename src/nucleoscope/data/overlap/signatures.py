"""Signatures: the patch around a keypoint as a code that recompression and turning leave the same, mostly.

A patch is first brought into one of its eight orientations by the direction in which it becomes brighter, as in
Lowe (IJCV 60, 2004) but to a multiple of 90 degrees. Its signature is the signs of its cosine coefficients, as of the
projections in Charikar, Similarity estimation techniques from rounding algorithms (STOC 2002); equal codes are found
by one sort. The sign that is least sure is given both ways (multi-probe hashing: Lv et al., VLDB 2007).
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap.keypoints import GRID, Keypoints
from nucleoscope.data.overlap.links import Integers
from nucleoscope.data.overlap.spilling import Records
from nucleoscope.data.overlap.symmetries import MIRRORED_X, MIRRORED_Y, TRANSPOSED, turned

FINEST = 5.5
"""Largest frequency of a coefficient, in half waves across the patch. Above, little is left of the band."""

UNSURE = 0.1
"""Directions closer to the border between two orientations than this (tangent of the angle) are given both ways."""

_SCALE = 127.0


@dataclass(frozen=True)
class Way:
    """A choice of orientation for each of some keypoints.

    Attributes:
        keypoint: (K,) positions of the keypoints.
        turn: (K,) the symmetry that brings each into its orientation.
    """

    keypoint: Integers
    turn: Integers


def kind() -> np.dtype[np.void]:
    """The record of a signature: its hash, the keypoint's crop, x and y, its turn, its coefficients."""
    coefficients = _basis().shape[1]
    return np.dtype(
        [
            ("hash", np.uint64),
            ("crop", np.int32),
            ("place", np.int16, 2),
            ("turn", np.uint8),
            ("coefficients", np.int8, coefficients),
        ]
    )


def largest_hash() -> int:
    """No hash is larger."""
    return int(2 ** _basis().shape[1] - 1)


def signatures(keypoints: Keypoints, allowed: tuple[int, ...]) -> Records:
    """All signatures of some keypoints.

    Args:
        keypoints: K of them.
        allowed: the symmetries that crops may have gone through; a group.

    Returns:
        Two records (see `kind`) for each orientation of each keypoint.
    """
    way = orientations(keypoints.patch, allowed)
    patches = _in_orientation(keypoints.patch[way.keypoint], way.turn)
    coefficients = patches @ _basis()  # (K, D)
    coefficients /= np.linalg.norm(coefficients, axis=1, keepdims=True)
    records = np.empty(len(way.keypoint), kind())
    records["crop"] = keypoints.crop[way.keypoint]
    records["place"] = keypoints.place[way.keypoint]
    records["turn"] = way.turn
    records["coefficients"] = np.rint(coefficients * _SCALE)
    records["hash"] = (coefficients > 0) @ _bits()
    other = records.copy()
    other["hash"] ^= _bits()[np.abs(coefficients).argmin(axis=1)]
    return np.concatenate([records, other])


def likeness(first: Records, second: Records) -> NDArray[np.float32]:
    """The correlation of the patches of two signatures each, (K,), in -1..1."""
    a, b = first["coefficients"].astype(np.float32), second["coefficients"].astype(np.float32)
    product: NDArray[np.float32] = np.einsum("kd,kd->k", a, b) / np.float32(_SCALE**2)
    return product


def orientations(patch: NDArray[np.float32], allowed: tuple[int, ...]) -> Way:
    """The orientations of patches, (K, 7, 7): one each, and the next best where it is a close call."""
    count = len(patch)
    everyone = np.arange(count)
    if allowed == (0,):
        return Way(everyone, np.zeros(count, np.int64))
    ramp = np.arange(GRID, dtype=np.float32) - GRID // 2
    slope = np.column_stack([patch.sum(axis=1) @ ramp, patch.sum(axis=2) @ ramp])  # (K, 2) as x, y
    steep = np.abs(slope)
    swap = (steep[:, 1] > steep[:, 0]) & (TRANSPOSED in allowed)
    turn = _turn(slope, swap)
    close = UNSURE * steep.max(axis=1)
    # The three borders: towards the other side of x, of y, and of the diagonal.
    mirrored = [_turn(slope * sign, swap) for sign in np.array([[-1, 1], [1, -1]], np.float32)]
    choices = [(steep[:, axis] < close, other) for axis, other in enumerate(mirrored)]
    if TRANSPOSED in allowed:
        choices.append((np.abs(steep[:, 0] - steep[:, 1]) < close * 2**0.5, _turn(slope, ~swap)))
    keypoint = np.concatenate([everyone, *(np.flatnonzero(near) for near, _ in choices)])
    return Way(keypoint, np.concatenate([turn, *(other[near] for near, other in choices)]))


def _turn(slope: NDArray[np.float32], swap: NDArray[np.bool_]) -> Integers:
    """The symmetry that makes slopes (K, 2) positive, after swapping x and y where said, (K,)."""
    x, y = np.where(swap[:, None], slope[:, ::-1], slope).T
    symmetry: Integers = TRANSPOSED * swap.astype(np.int64) + MIRRORED_X * (x < 0) + MIRRORED_Y * (y < 0)
    return symmetry


def _in_orientation(patch: NDArray[np.float32], turn: Integers) -> NDArray[np.float32]:
    """Each patch, (K, 7, 7), after its symmetry."""
    places = np.arange(GRID * GRID, dtype=np.uint8).reshape(GRID, GRID)
    sources = np.stack([turned(places, symmetry).ravel() for symmetry in range(8)])  # (8, 49)
    return np.take_along_axis(patch.reshape(-1, GRID * GRID), sources[turn].astype(np.int64), axis=1)


@cache
def _basis() -> NDArray[np.float32]:
    """Cosine waves on a patch, of unit length, (49, D), without its mean and its slopes, which are the same in all."""
    waves = np.cos(np.pi * np.outer(np.arange(GRID), np.arange(GRID) + 0.5) / GRID)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    frequency = np.hypot(*np.indices((GRID, GRID)))
    rows, columns = np.nonzero((frequency > 1) & (frequency <= FINEST))
    basis: NDArray[np.float32] = np.einsum("dv,du->vud", waves[rows], waves[columns]).astype(np.float32)
    return basis.reshape(GRID * GRID, -1)


@cache
def _bits() -> NDArray[np.uint64]:
    return np.uint64(1) << np.arange(_basis().shape[1], dtype=np.uint64)
