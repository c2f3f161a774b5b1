"""A slide as Hamamatsu's scanners write it (NDPI), as far as a reader needs it.

Facts are from https://openslide.org/formats/hamamatsu and, on offsets of 64 bits, from the documentation of tifffile
(https://github.com/cgohlke/tifffile): a classic TIFF whose directories are linked by eight bytes and followed by the
upper halves of their values, each level one JPEG.
"""

import io
import struct

import numpy as np
from PIL import Image

MCU = (16, 8)
"""Width and height of what this JPEG codes at once: its colours are halved horizontally."""
MACRO = -1.0
_JPEG_MAXIMUM = 65535
_FIRST_LINK = 4  # bytes into the file, as in any TIFF
_BYTE_SIZES = {"s": 1, "H": 2, "I": 4, "i": 4, "f": 4, "R": 8}
_TYPES = {"s": 2, "H": 3, "I": 4, "R": 5, "i": 9, "f": 11}


def write_ndpi(path, picture, mpp, *, tile_width=48):
    """Write a slide of two levels and the macro picture.

    Args:
        path: of the file.
        picture: (H, W, 3) uint8; H a multiple of 8, W one of `tile_width`, as of a scanner.
        mpp: micrometres per pixel.
        tile_width: pixels between two restart markers of the first level, a multiple of 16; the second level, a quarter
            as large, has none.

    Raises:
        ValueError: the size does not fit.
    """
    height, width = picture.shape[:2]
    if height % MCU[1] or width % tile_width or tile_width % MCU[0]:
        raise ValueError(f"{width}x{height} pixels are no tiles of {tile_width}x{MCU[1]}")
    small = np.asarray(Image.fromarray(picture).resize((width // 4, height // 4), Image.Resampling.BOX))
    macro = np.full((60, 160, 3), 230, np.uint8)
    content, link = bytearray(b"II*\0" + bytes(8)), _FIRST_LINK
    tiled, starts = _in_tiles(picture, tile_width)
    link = _append(content, link, tiled, picture.shape, mpp, 40.0, starts)
    link = _append(content, link, _jpeg(small), small.shape, mpp * 4, 10.0)
    _append(content, link, _jpeg(macro), macro.shape, 440.0, MACRO)
    path.write_bytes(content)
    return path


def _jpeg(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95, subsampling="4:2:2")
    return stream.getvalue()


def _in_tiles(picture, tile_width):
    """One JPEG with a restart marker behind each tile but the last, and at which of its bytes each tile begins.

    After such a marker a decoder starts anew, so the coded pixels are those of the tiles as JPEGs of their own. A side
    that JPEG cannot say is 0.
    """
    height, width = picture.shape[:2]
    tiles = [
        _jpeg(picture[y : y + MCU[1], x : x + tile_width])
        for y in range(0, height, MCU[1])
        for x in range(0, width, tile_width)
    ]
    frame, scan = tiles[0].index(b"\xff\xc0\0\x11"), tiles[0].index(b"\xff\xda\0\x0c")
    coded = scan + 2 + 12
    header = bytearray(tiles[0][:coded])
    sides = [side if side <= _JPEG_MAXIMUM else 0 for side in (height, width)]
    struct.pack_into(">HH", header, frame + 5, *sides)
    header[scan:scan] = struct.pack(">2sHH", b"\xff\xdd", 4, tile_width // MCU[0])
    whole, starts = header, []
    for number, tile in enumerate(tiles):
        starts.append(len(whole))
        marker = 0xD0 + number % 8 if number + 1 < len(tiles) else 0xD9
        whole += tile[coded:-2] + bytes((0xFF, marker))
    return bytes(whole), starts


def _append(content, link, jpeg, shape, mpp, lens, starts=None):
    """Append a level and its directory, which the eight bytes at `link` then point to.

    Returns:
        Where the link to the next directory is.
    """
    where = len(content)
    content += jpeg
    height, width = shape[:2]
    per_centimetre = (round(10_000_000 / mpp), 1000)
    tags = [
        (256, "I", [width]),
        (257, "I", [height]),
        (258, "H", [8, 8, 8]),
        (259, "H", [7]),  # JPEG
        (262, "H", [6]),  # YCbCr
        (271, "s", b"Hamamatsu\0"),
        (272, "s", b"NanoZoomer\0"),
        (273, "I", [where]),
        (277, "H", [3]),
        (278, "I", [height]),
        (279, "I", [len(jpeg)]),
        (282, "R", per_centimetre),
        (283, "R", per_centimetre),
        (296, "H", [3]),  # centimetres
        (305, "s", b"NDP.scan\0"),
        (530, "H", [2, 1]),
        (65420, "I", [1]),
        (65421, "f", [lens]),
        (65422, "i", [0]),
        (65423, "i", [0]),
        (65424, "i", [0]),  # the focal plane
        *([(65426, "I", starts)] if starts else []),
    ]
    return _append_directory(content, link, tags)


def _append_directory(content, link, tags):
    entries = b""
    for number, kind, values in tags:
        packed = values if kind == "s" else struct.pack(f"<{len(values)}{'I' if kind == 'R' else kind}", *values)
        count = len(packed) // _BYTE_SIZES[kind]
        if len(packed) > 4:
            content += bytes(len(content) % 2)
            packed, behind = struct.pack("<I", len(content)), packed
            content += behind
        entries += struct.pack("<HHI4s", number, _TYPES[kind], count, packed)
    content += bytes(len(content) % 2)
    struct.pack_into("<Q", content, link, len(content))
    content += struct.pack("<H", len(tags)) + entries
    link = len(content)
    content += bytes(8 + 4 * len(tags))
    return link
