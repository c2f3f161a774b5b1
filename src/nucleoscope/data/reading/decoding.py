"""Picture files -> one array, on all cores."""

import io
import os
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from nucleoscope.data.crops import MAX_SIZE, MIN_SIZE
from nucleoscope.data.reading.conversions import Conversion, to_rgb
from nucleoscope.data.reading.plain_png import plain_decoder
from nucleoscope.data.reading.sources import PictureSource, SourceFile
from nucleoscope.data.reading.wording import counted, shown
from nucleoscope.data.room import make_room
from nucleoscope.errors import DataError

Progress = Callable[[int, int], None]
"""Called with the number of pictures done and of all."""

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_CHUNK = 64
_MAX_WORKERS = 8
_SIZE_REMEDY = "cut crops around single nuclei first"
# What Pillow raises for damaged files, found by flipping bytes of each format.
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    OverflowError,
    struct.error,
)
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

_Size = tuple[int, int]


@dataclass(frozen=True)
class Purpose:
    """What a picture is to be, for messages about one that cannot be it.

    Attributes:
        noun: such as "crop".
        too_large: what is said of a picture with more pixels than Pillow reads.
    """

    noun: str
    too_large: str


CROP = Purpose("crop", f"has far more than {MAX_SIZE}x{MAX_SIZE} pixels: {_SIZE_REMEDY}")


@dataclass(frozen=True)
class Decoded:
    """Pictures as one array, and how many of them needed which conversion.

    Attributes:
        images: (N, H, W, 3) uint8 RGB.
        conversions: pictures per conversion; those that needed none are not in it.
    """

    images: NDArray[np.uint8]
    conversions: Counter[Conversion]


def decode(source: PictureSource, files: Sequence[SourceFile], progress: Progress | None = None) -> Decoded:
    """Decode pictures of one size, in the order of `files`.

    Threads are enough: both decoders let go of the interpreter lock. Plain PNGs go the fast way of `plain_png`.

    Args:
        source: where the files lie.
        files: at least one.
        progress: called from this thread after every 64 pictures.

    Raises:
        DataError: a picture cannot be read, has a size outside of 24 to 512 pixels, or sizes differ; or there is no
            room for all.
    """
    with quiet_pillow():
        size = _size_of(source, files[0])
        height, width = size
        images = make_room((len(files), height, width, 3))
        conversions: Counter[Conversion] = Counter()
        other_sizes: dict[int, _Size] = {}
        for odd, converted in _in_threads(source, files, images, progress):
            other_sizes |= odd
            conversions += converted
    if other_sizes:
        raise _mixed_sizes(source, files, size, other_sizes)
    return Decoded(images, conversions)


def _in_threads(
    source: PictureSource, files: Sequence[SourceFile], images: NDArray[np.uint8], progress: Progress | None
) -> Iterator[tuple[dict[int, _Size], Counter[Conversion]]]:
    chunks = [range(start, min(start + _CHUNK, len(files))) for start in range(0, len(files), _CHUNK)]
    executor = ThreadPoolExecutor(min(_MAX_WORKERS, os.cpu_count() or 1))
    try:
        results = executor.map(lambda chunk: _decode_chunk(source, files, images, chunk), chunks)
        for chunk, result in zip(chunks, results, strict=True):
            yield result
            if progress:
                progress(chunk.stop, len(files))
    finally:
        # After an error or Ctrl-C, what has not begun is not begun any more.
        executor.shutdown(cancel_futures=True)


def _decode_chunk(
    source: PictureSource, files: Sequence[SourceFile], images: NDArray[np.uint8], chunk: range
) -> tuple[dict[int, _Size], Counter[Conversion]]:
    """Fill `images` at the positions of `chunk`; pictures of another size are left out and returned."""
    other_sizes: dict[int, _Size] = {}
    conversions: Counter[Conversion] = Counter()
    decode_plain = plain_decoder((images.shape[1], images.shape[2]))
    for i in chunk:
        content = source.read(files[i].name)
        pixels = decode_plain(content) if decode_plain else None
        if pixels is not None:
            images[i] = pixels
            continue
        with opened(source.path / files[i].name, content) as image:
            size = (image.height, image.width)
            if size != images.shape[1:3]:
                other_sizes[i] = size
                continue
            images[i], converted = to_rgb(image)
            conversions.update(converted)
    return other_sizes, conversions


@contextmanager
def opened(where: Path, content: bytes, purpose: Purpose = CROP) -> Iterator[ImageFile.ImageFile]:
    """Open a picture without decoding it; what goes wrong here or in the block names the file.

    Raises:
        DataError: it cannot be read, or not as one picture.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check_pages(image, purpose)
            yield image
    except DataError as error:
        raise DataError(f"{where} {error}") from error
    except _BOMBS as error:
        raise DataError(f"{where} {purpose.too_large}") from error
    except _PILLOW_ERRORS as error:
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "not a PNG, JPEG, TIFF or BMP" if unknown else shown(str(error))
        raise DataError(f"{where} cannot be decoded ({reason}): replace or remove it") from error


def _check_pages(image: ImageFile.ImageFile, purpose: Purpose) -> None:
    pages = getattr(image, "n_frames", 1)
    if pages > 1:
        raise DataError(f"has {pages} pages; expected one: save each {purpose.noun} as a file of its own")


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Turn Pillow's warnings into errors or silence; around all threads, as warning filters are global."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _size_of(source: PictureSource, file: SourceFile) -> _Size:
    """The size that all pictures must have, from the first of them."""
    with opened(source.path / file.name, source.read(file.name)) as image:
        height, width = image.height, image.width
        if not (MIN_SIZE <= height <= MAX_SIZE and MIN_SIZE <= width <= MAX_SIZE):
            raise DataError(
                f"has {width}x{height} pixels; expected between {MIN_SIZE} and {MAX_SIZE} on each side: {_SIZE_REMEDY}"
            )
    return height, width


def _mixed_sizes(
    source: PictureSource, files: Sequence[SourceFile], first: _Size, others: dict[int, _Size]
) -> DataError:
    counts = Counter(others.values())
    counts[first] = len(files) - len(others)
    (usual, usual_count), (odd, odd_count) = counts.most_common(2)
    example = next(file for i, file in enumerate(files) if others.get(i, first) == odd)
    return DataError(
        f"{source.path} has crops of {counted(len(counts), 'size')}, most often {usual[1]}x{usual[0]} "
        f"({usual_count:,}) and {odd[1]}x{odd[0]} ({odd_count:,}, such as {example.name}); expected one: "
        "cut or resize them to the same size"
    )
