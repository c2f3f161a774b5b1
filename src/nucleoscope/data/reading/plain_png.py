"""A fast way for the plainest pictures: PNGs of 8-bit RGB, which is what crops nearly always are.

Half of Pillow's time on such a file goes into undoing the line filters one byte at a time. Wuffs, where it is
installed, does that with vector instructions, without the interpreter's lock, and is memory-safe by construction
(https://github.com/google/wuffs). It skips checksums, so those of the chunks are checked here. Whatever is not
entirely plain and sound is left to Pillow, which also words the errors.

One file is read here that Pillow refuses: where the chunks' checksums hold but that of the compressed stream inside
does not. Damage cannot do that, only a wrong writer; the pixels are then what that writer put in.
"""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Decode = Callable[[bytes], NDArray[np.uint8] | None]
"""From the content of a file to (H, W, 3) RGB, or None where Pillow has to look at it."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_AROUND = 12  # bytes of a chunk besides its content: length, kind, checksum
_RGB_8_BITS = (8, 2, 0, 0, 0)  # depth, colour type, compression, filter, not interlaced
# Chunks that change no pixel, by their length; gamma and the like are not applied by Pillow either.
_HARMLESS = {b"IEND": 0, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}


def plain_decoder(size: tuple[int, int]) -> Decode | None:
    """A decoder of plain PNGs of one size, for one thread; None if Wuffs is not installed.

    Args:
        size: height and width in pixels.
    """
    try:
        import pywuffs  # type: ignore[import-not-found, import-untyped, unused-ignore]
        from pywuffs.aux import (  # type: ignore[import-not-found, import-untyped, unused-ignore]
            ImageDecoder,
            ImageDecoderConfig,
        )
    except ModuleNotFoundError:
        return None
    config = ImageDecoderConfig()
    config.enabled_decoders = [pywuffs.ImageDecoderType.PNG]
    config.pixel_format = pywuffs.PixelFormat.RGB
    decoder: Any = ImageDecoder(config)

    def decode(content: bytes) -> NDArray[np.uint8] | None:
        if not is_plain(content, size):
            return None
        result = decoder.decode(content)
        # Of a damaged file there may be pixels as well, down to the damage.
        return None if result.error_message else result.pixbuf

    return decode


def is_plain(content: bytes, size: tuple[int, int]) -> bool:
    """Whether a file is a sound PNG of 8-bit RGB of this height and width, with nothing in it but pixels."""
    height, width = size
    expected = struct.pack(">I", _HEADER.size) + b"IHDR" + _HEADER.pack(width, height, *_RGB_8_BITS)
    start = len(_SIGNATURE)
    if not content.startswith(_SIGNATURE + expected):
        return False
    kind, kinds = b"", []
    while start + _AROUND <= len(content):
        length, kind = struct.unpack_from(">I4s", content, start)
        stop = start + _AROUND + length
        if kind not in (b"IHDR", b"IDAT") and _HARMLESS.get(kind) != length:
            return False
        if content[stop - 4 : stop] != struct.pack(">I", zlib.crc32(content[start + 4 : stop - 4])):
            return False
        kinds.append(kind)
        start = stop
    return start == len(content) and kind == b"IEND" and _in_order(kinds)


def _in_order(kinds: list[bytes]) -> bool:
    """One header, one end, and the pixels in one piece."""
    pixels = kinds.count(b"IDAT")
    first = kinds.index(b"IDAT") if pixels else 0
    together = pixels > 0 and set(kinds[first : first + pixels]) == {b"IDAT"}
    return together and kinds.count(b"IHDR") == kinds.count(b"IEND") == 1
