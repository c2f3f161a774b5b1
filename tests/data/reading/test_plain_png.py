import io
import random
import struct
import sys
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.reading.conversions import to_rgb
from nucleoscope.data.reading.decoding import decode
from nucleoscope.data.reading.plain_png import is_plain, plain_decoder
from nucleoscope.data.reading.sources import open_source, pictures

from .tiny_pictures import SIZE, encoded, encoded_png, pixels, write_picture

RGB = pixels(0)
PLAIN = encoded(Image.fromarray(RGB))
DEEP = np.random.default_rng(0).integers(0, 65536, (SIZE, SIZE, 4)).astype(np.uint16)
ALPHA = Image.fromarray(np.dstack([RGB, RGB[..., 0]]))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(kind, content, before=b"IDAT"):
    place = PLAIN.index(before) - 4
    return PLAIN[:place] + chunk(kind, content) + PLAIN[place:]


def interlaced():
    """Adam7 of one colour: all lines of all seven passes are zeros."""
    passes = [(3, 3), (3, 3), (6, 3), (6, 6), (12, 6), (12, 12), (24, 12)]  # width, height of each, for 24x24 pixels
    lines = b"".join((b"\0" + bytes(3 * width)) * height for width, height in passes)
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 1)
    return PLAIN[:8] + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def filtered(kind):
    """Lines that all have the same filter, of random bytes: what they decode to does not matter."""
    lines = b"".join(bytes([kind]) + line.tobytes() for line in RGB)
    return PLAIN[:33] + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def in_pieces():
    place = PLAIN.index(b"IDAT") - 4
    content = PLAIN[place + 8 : -16]
    return PLAIN[:place] + chunk(b"IDAT", content[:100]) + chunk(b"IDAT", content[100:]) + chunk(b"IEND", b"")


TAKEN = {
    "RGB": PLAIN,
    "gamma": with_chunk(b"gAMA", struct.pack(">I", 30000)),
    "resolution": encoded(Image.fromarray(RGB), dpi=(300, 300)),
    "pixels in two chunks": in_pieces(),
    **{f"filter {kind}": filtered(kind) for kind in range(5)},
}
NOT_PLAIN = {
    "grey": encoded(Image.fromarray(RGB[..., 0])),
    "grey with alpha": encoded(ALPHA.convert("LA")),
    "palette": encoded(Image.fromarray(RGB).quantize(16)),
    "palette with transparency": encoded(Image.fromarray(RGB).quantize(16), transparency=3),
    "RGB with alpha": encoded(ALPHA),
    "RGB with a transparent colour": encoded(Image.fromarray(RGB), transparency=tuple(RGB[0, 0].tolist())),
    "16-bit grey": encoded_png(DEEP[..., :1], 0),
    "16-bit RGB": encoded_png(DEEP[..., :3], 2),
    "interlaced": interlaced(),
    "bytes after the end": PLAIN + b"more",
    "text": with_chunk(b"tEXt", b"Title\0crop"),
    "bitmap": encoded(Image.fromarray(RGB), "BMP"),
}
DAMAGED = {
    "nothing": b"",
    "cut off": PLAIN[:-20],
    "a flipped bit": PLAIN[:200] + bytes([PLAIN[200] ^ 1]) + PLAIN[201:],
    "gamma of no number": with_chunk(b"gAMA", b""),
    "no pixels": PLAIN[:33] + chunk(b"IEND", b""),
    "pixels apart": in_pieces().replace(chunk(b"IEND", b""), chunk(b"sRGB", b"\0") + PLAIN[33:]),
    "two headers": with_chunk(b"IHDR", PLAIN[16:29]),
    "another size": encoded(Image.fromarray(pixels(0, SIZE + 1))),
}


@pytest.fixture
def fast():
    pytest.importorskip("pywuffs")
    return plain_decoder((SIZE, SIZE))


def slow(content):
    with Image.open(io.BytesIO(content)) as image:
        return to_rgb(image)[0]


@pytest.mark.parametrize("kind", TAKEN)
def test_plain_pictures_are_those_of_pillow(fast, kind):
    np.testing.assert_array_equal(fast(TAKEN[kind]), slow(TAKEN[kind]))


@pytest.mark.parametrize("kind", NOT_PLAIN | DAMAGED)
def test_others_are_left_to_pillow(kind):
    assert not is_plain((NOT_PLAIN | DAMAGED)[kind], (SIZE, SIZE))


def test_pixels_down_to_the_damage_are_not_taken(fast):
    half = zlib.compress(b"".join(b"\0" + line.tobytes() for line in RGB[: SIZE // 2]))
    content = PLAIN[:33] + chunk(b"IDAT", half) + chunk(b"IEND", b"")
    assert is_plain(content, (SIZE, SIZE))
    assert fast(content) is None


def test_where_flipped_bytes_are_answered_pillow_answers_the_same(fast):
    """The stream inside is damaged, all checksums are mended."""
    numbers = random.Random(0)
    lines = b"".join(b"\4" + line.tobytes() for line in RGB // 64)
    stream = zlib.compress(lines)
    answered = 0
    for _ in range(3000):
        damaged = bytearray(stream[:-4])
        damaged[numbers.randrange(2, len(damaged))] = numbers.randrange(256)
        answered += compare(fast, bytes(damaged))
    assert answered > 100


def compare(fast, stream):
    """Whether there was something to compare."""
    found = fast(PLAIN[:33] + chunk(b"IDAT", stream + bytes(4)) + chunk(b"IEND", b""))
    if found is None:
        return False
    lines = zlib.decompressobj(-15).decompress(stream[2:])
    mended = PLAIN[:33] + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    np.testing.assert_array_equal(found, slow(mended))
    return True


def test_without_wuffs_the_pictures_are_the_same(tmp_path, monkeypatch):
    for number in range(3):
        write_picture(tmp_path / f"{number}.png", number)
    monkeypatch.setitem(sys.modules, "pywuffs", None)
    assert plain_decoder((SIZE, SIZE)) is None
    with open_source(tmp_path) as source:
        images = decode(source, pictures(source)).images
    np.testing.assert_array_equal(images, np.stack([pixels(number) for number in range(3)]))


@pytest.mark.realdata
def test_real_crops_are_plain_and_those_of_pillow(kaggle):
    pytest.importorskip("pywuffs")
    fast = plain_decoder((100, 100))
    with zipfile.ZipFile(kaggle / "train.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".png")][::5]
        for name in names:
            content = archive.read(name)
            np.testing.assert_array_equal(fast(content), slow(content))
