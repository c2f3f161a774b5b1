"""Decoded pictures kept on disk, so that the next start does not decode them again."""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.conversions import Conversion
from nucleoscope.data.reading.decoding import Decoded, Progress, decode
from nucleoscope.data.reading.sources import PictureSource, SourceFile
from nucleoscope.files import replacing, write_json

# To be raised when the same file would decode to other pixels than before.
_VERSION = 1
_CRC_BYTES = 2**24


class _DamagedCacheError(Exception):
    """Cache files that cannot be what was written."""


@dataclass(frozen=True)
class Cache:
    """Where decoded pictures of one kind are kept: `crops-<kind>-<key>.npy` and `.json` beside it.

    The key is a hash over what the pictures are read from, so a changed source is read again.

    Attributes:
        folder: for one data set; it is made when needed.
        kind: such as "labelled" or "test"; of each kind only the newest is kept.
    """

    folder: Path
    kind: str

    def decode(
        self, source: PictureSource, files: Sequence[SourceFile], progress: Progress | None = None
    ) -> tuple[Decoded, tuple[str, ...]]:
        """Decode pictures, or take them from the cache.

        The array from the cache is mapped to memory and cannot be written to: of a copy-on-write mapping the system
        would refuse one that is larger than memory.

        Returns:
            The pictures, and notes: that a damaged cache was made again, or that one cannot be written.

        Raises:
            DataError: as `decoding.decode`.
        """
        array = self.folder / f"crops-{self.kind}-{_key(source, files)}.npy"
        notes: tuple[str, ...] = ()
        try:
            found = _load(array, len(files))
        except _DamagedCacheError as damage:
            found = None
            notes = (f"the cache {array} was damaged ({damage}) and has been made again",)
        if found:
            if progress:
                progress(len(files), len(files))
            return found, notes
        decoded = decode(source, files, progress)
        try:
            self._store(array, decoded)
        except OSError as error:
            notes = (f"the decoded pictures cannot be kept in {self.folder} ({error.strerror})",)
            return decoded, notes
        # What is too large for memory lies in a temporary file, which is not needed any more.
        large = isinstance(decoded.images, np.memmap)
        return (Decoded(_mapped(array), decoded.conversions) if large else decoded), notes

    def _store(self, array: Path, decoded: Decoded) -> None:
        with replacing(array) as temporary:
            np.save(temporary, decoded.images, allow_pickle=False)
        facts = {"crc32": _crc32(decoded.images), "conversions": dict(decoded.conversions)}
        # The facts come last: an array without them is not used.
        write_json(array.with_suffix(".json"), facts)
        for old in self.folder.glob(f"crops-{self.kind}-*"):
            if old.stem != array.stem:
                # Windows does not remove a file that another process has mapped; the next start does.
                with suppress(OSError):
                    old.unlink()


def decode_through(
    cache: Cache | None, source: PictureSource, files: Sequence[SourceFile], progress: Progress | None
) -> tuple[Decoded, tuple[str, ...]]:
    """Decode with a cache if there is one; see `Cache.decode`."""
    return cache.decode(source, files, progress) if cache else (decode(source, files, progress), ())


def _key(source: PictureSource, files: Sequence[SourceFile]) -> str:
    digest = hashlib.sha256(repr((_VERSION, str(source.path.resolve()))).encode())
    for file in files:
        digest.update(repr((file.name, file.size, file.stamp)).encode())
    return digest.hexdigest()[:16]


def _load(array: Path, count: int) -> Decoded | None:
    """The pictures of an earlier start, or None if there was none.

    Raises:
        _DamagedCacheError: the files are not what was written.
    """
    facts_path = array.with_suffix(".json")
    if not facts_path.exists():
        return None
    try:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        conversions = Counter({Conversion(name): int(number) for name, number in facts["conversions"].items()})
        expected_crc = int(facts["crc32"])
        images = _mapped(array)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        raise _DamagedCacheError(str(error)) from error
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) != count:
        raise _DamagedCacheError(f"it holds {images.dtype} of shape {images.shape}")
    if _crc32(images) != expected_crc:
        raise _DamagedCacheError("its checksum differs")
    return Decoded(images, conversions)


def _mapped(array: Path) -> NDArray[np.uint8]:
    images: NDArray[np.uint8] = np.load(array, mmap_mode="r", allow_pickle=False)
    return images


def _crc32(images: NDArray[np.uint8]) -> int:
    flat = images.reshape(-1)
    crc = 0
    for start in range(0, len(flat), _CRC_BYTES):
        crc = zlib.crc32(flat[start : start + _CRC_BYTES].data, crc)
    return crc
