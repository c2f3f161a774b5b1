"""Room for arrays of crops that may be larger than memory."""

import math
import os
import tempfile

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import DataError

IN_MEMORY = 2**28
"""Bytes up to which an array is simply kept in memory."""


def make_room(shape: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """An array of pictures (N, H, W, 3) to fill, of no particular content.

    A large one is mapped to a nameless temporary file (in TMPDIR), so that it needs disk instead of memory; the file
    is gone with the array or with the process.

    Raises:
        DataError: the disk has no such room.
    """
    size = math.prod(shape)
    if size <= IN_MEMORY:
        return np.empty(shape, np.uint8)
    try:
        return _mapped(shape, size)
    except OSError as error:
        count, height, width, _ = shape
        raise DataError(
            f"{tempfile.gettempdir()} has no room for {count:,} decoded pictures of {width}x{height} pixels, "
            f"{size / 2**30:.1f} GiB ({error.strerror}): free some, or set TMPDIR to another disk"
        ) from error


def _mapped(shape: tuple[int, ...], size: int) -> NDArray[np.uint8]:
    with tempfile.TemporaryFile(prefix="nucleoscope-") as stream:
        if hasattr(os, "posix_fallocate"):
            # Without it a disk that is full in the middle of filling would kill the process.
            os.posix_fallocate(stream.fileno(), 0, size)
        return np.memmap(stream, np.uint8, mode="w+", shape=shape)
