"""Pictures to send, good and bad."""

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

from nucleoscope.data.synthetic import cut_crops, make_fields


def encoded(pixels, kind="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


def tissue(count, size=48):
    """Crops (count, size, size, 3) of synthetic tissue."""
    return cut_crops(make_fields(2, seed=3, size=192), size=size).images[:count]


def field(side=192):
    return make_fields(1, seed=3, size=side)[0].image


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return stream.getvalue()


def png_that_claims(width, height):
    """A tiny PNG whose header says that it is this large."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(bytes(64))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
