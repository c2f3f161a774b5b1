"""Pictures of 24x24 pixels whose content tells which one it is, and tables and zips of them."""

import csv
import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

SIZE = 24


def pixels(number, size=SIZE):
    """A noise picture, (H, W, 3); each number has its own."""
    return np.random.default_rng(number).integers(0, 256, (size, size, 3), dtype=np.uint8)


def write_picture(path, number=0, size=SIZE):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(number, size)).save(path)
    return path


def write_table(path, labels, header=("Filename", "Label")):
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *labels.items()])
    return path


def pack(folder, archive=None, prefix=""):
    """Zip a folder's content, each name with a prefix."""
    archive = archive or folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as stream:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                stream.write(path, prefix + path.relative_to(folder).as_posix())
    return archive


def encoded(image, kind="PNG", **options):
    """A Pillow image as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def encoded_png(values, colour_type, claimed_size=None):
    """A 16-bit PNG of (H, W, channels) values, which Pillow cannot write for colours; it may lie about its size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    height, width = claimed_size or values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in values)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
