"""`Buckets`: more records than fit in memory, grouped by their hashes so that equal ones come together."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import DataError

BYTES_IN_MEMORY = 128_000_000
"""Records of so many bytes are held in memory, and sorted at once; more are parted into files by their hashes.

Sorting and linking take a few times as much."""

Records = NDArray[Any]
"""(K,) of a structured type with a field `hash`, uint64."""


class Buckets:
    """Collects records and gives them back in parts; records of equal hash are in the same part.

    What is expected to fit stays in memory, as one part. Otherwise every part has a file in a temporary
    directory (see `tempfile.gettempdir` for where; TMPDIR chooses another place), removed at the end.

    Args:
        kind: the structured type of a record.
        expected: about how many records will come; sets the number of parts.
        largest: no hash is larger. They should be spread evenly up to here.
    """

    def __init__(self, kind: np.dtype[Any], expected: int, largest: int = 2**64 - 1) -> None:
        self._kind = kind
        self._bytes = expected * kind.itemsize
        self._count = max(1, -(-self._bytes // BYTES_IN_MEMORY))
        self._width = largest // self._count + 1
        self._held: list[Records] = []
        self._files: list[BinaryIO] = []
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Make the files, if there will be any.

        Raises:
            DataError: there is not enough room for them.
        """
        if self._count > 1:
            self._check_room()
            folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="nucleoscope-")))
            self._files = [
                self._open.enter_context((folder / f"{part}.bin").open("w+b", buffering=2**18))
                for part in range(self._count)
            ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.clear()
        self._open.close()

    def __len__(self) -> int:
        """The number of parts."""
        return self._count

    def add(self, records: Records) -> None:
        """Keep some records."""
        if not self._files:
            self._held.append(records)
            return
        part = (records["hash"] // np.uint64(self._width)).astype(np.int64)
        order = np.argsort(part, kind="stable")  # records of one part stay in the order they came in
        ends = np.cumsum(np.bincount(part, minlength=len(self._files)))
        for file, own in zip(self._files, np.split(order, ends[:-1]), strict=True):
            file.write(records[own].tobytes())

    def __iter__(self) -> Iterator[Records]:
        """Each part once, its records in the order they came in."""
        if not self._files:
            yield np.concatenate([np.empty(0, self._kind), *self._held])
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), self._kind)

    def _check_room(self) -> None:
        free = shutil.disk_usage(tempfile.gettempdir()).free
        if free < self._bytes:
            raise DataError(
                f"looking for overlaps among so many crops needs {self._bytes / 1e9:.1f} GB for temporary files, and "
                f"{tempfile.gettempdir()} has {free / 1e9:.1f} GB left: set TMPDIR to a folder with more"
            )
