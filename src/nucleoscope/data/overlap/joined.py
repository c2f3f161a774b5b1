"""Several arrays of crops as one, without holding them in memory twice where they are large."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

IN_MEMORY = 2**30
"""Bytes up to which arrays that are in memory are joined there."""

_CROPS_AT_ONCE = 1024


@contextmanager
def joined(parts: Sequence[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    """All crops of several arrays, one after the other.

    A single array is itself. Memory-mapped arrays, and all that are larger than `IN_MEMORY` together, are
    copied to a nameless temporary file that is mapped to memory, and gone with the block or with the process.

    Args:
        parts: at least one array (n, H, W, 3), all of one H and W, in memory or memory-mapped.

    Yields:
        (N, H, W, 3), to be read inside the block only.
    """
    if len(parts) == 1:
        yield parts[0]
        return
    mapped = any(isinstance(part, np.memmap) for part in parts)
    if not mapped and sum(part.nbytes for part in parts) <= IN_MEMORY:
        yield np.concatenate(parts)
        return
    shape = (sum(len(part) for part in parts), *parts[0].shape[1:])
    with tempfile.TemporaryFile(prefix="nucleoscope-") as stream:
        whole = np.memmap(stream, np.uint8, mode="w+", shape=shape)
        _copy(parts, whole)
        yield whole


def _copy(parts: Sequence[NDArray[np.uint8]], whole: NDArray[np.uint8]) -> None:
    end = 0
    for part in parts:
        for start in range(0, len(part), _CROPS_AT_ONCE):
            some = part[start : start + _CROPS_AT_ONCE]
            whole[end : end + len(some)] = some
            end += len(some)
