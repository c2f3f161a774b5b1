"""The pictures of fields, and cutting crops from them on all cores."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.mirror import cut_at
from nucleoscope.data.reading.conversions import Conversion, to_rgb
from nucleoscope.data.reading.decoding import Decoded, Progress, Purpose, opened, quiet_pillow
from nucleoscope.data.reading.sources import PictureSource, SourceFile
from nucleoscope.data.room import make_room
from nucleoscope.errors import DataError

_MOST_PIXELS = Image.MAX_IMAGE_PIXELS or 0
_FIELD = Purpose(
    "field",
    f"has more than {_MOST_PIXELS / 1e6:.0f} million pixels, too many for a field: cut crops from it with "
    "`nucleoscope crops`",
)
_MAX_WORKERS = 8  # fields in memory at once


def picture_sizes(source: PictureSource, files: Sequence[SourceFile]) -> list[tuple[int, int]]:
    """Width and height of fields in pixels; they are not decoded.

    Raises:
        DataError: one cannot be opened or is too large, or two are the same file under two names: as two fields they
            could lie on both sides of a split.
    """
    sizes: list[tuple[int, int]] = []
    seen: dict[bytes, str] = {}
    with quiet_pillow():
        for file in files:
            content = source.read(file.name)
            with opened(source.path / file.name, content, _FIELD) as image:
                sizes.append((image.width, image.height))
            other = seen.setdefault(hashlib.sha256(content).digest(), file.name)
            if other != file.name:
                raise DataError(
                    f"{source.path} has the same picture as {other} and as {file.name}; expected every field once: "
                    "keep one, with all nuclei in its CSV"
                )
    return sizes


def cut_fields(
    source: PictureSource,
    files: Sequence[SourceFile],
    corners: NDArray[np.int64],
    size: tuple[int, int],
    progress: Progress | None = None,
) -> Decoded:
    """Cut crops from fields, which go on as their mirror image beyond their border.

    Args:
        source: where the fields lie.
        files: N pictures of fields, the same one many times.
        corners: (N, 2) x, y of the top-left pixel of each crop; it may lie outside.
        size: height and width of a crop.
        progress: called from this thread after every field with the number of crops.

    Returns:
        N crops, in the order of `files`, and the fields that needed a conversion.

    Raises:
        DataError: a field cannot be read, or there is no room for the crops.
    """
    images = make_room((len(files), *size, 3))
    conversions: Counter[Conversion] = Counter()
    done = 0
    with quiet_pillow():
        for cut, converted in _in_threads(source, files, corners, images):
            conversions.update(converted)
            done += cut
            if progress:
                progress(done, len(files))
    return Decoded(images, conversions)


def _in_threads(
    source: PictureSource, files: Sequence[SourceFile], corners: NDArray[np.int64], images: NDArray[np.uint8]
) -> Iterator[tuple[int, frozenset[Conversion]]]:
    """Fill `images`; yields the number of crops and the conversions of each field."""
    positions: dict[SourceFile, list[int]] = {}
    for position, file in enumerate(files):
        positions.setdefault(file, []).append(position)

    def fill(file: SourceFile) -> tuple[int, frozenset[Conversion]]:
        with opened(source.path / file.name, source.read(file.name), _FIELD) as image:
            field, converted = to_rgb(image)
        for position in positions[file]:
            images[position] = cut_at(field, corners[position : position + 1], (images.shape[1], images.shape[2]))[0]
        return len(positions[file]), converted

    executor = ThreadPoolExecutor(min(_MAX_WORKERS, os.cpu_count() or 1))
    try:
        yield from executor.map(fill, positions)
    finally:
        # After an error or Ctrl-C, what has not begun is not begun any more.
        executor.shutdown(cancel_futures=True)
