"""A slide as 3DHISTECH's scanners write it (MIRAX, MRXS), as far as a reader needs it.

Facts are from https://openslide.org/formats/mirax: beside `slide.mrxs`, a picture of the slide, lies a folder `slide`
with what it is (Slidedat.ini), small images one after another (Data0000.dat and more), and where they lie (Index.dat).
"""

import io
import struct

import numpy as np
from PIL import Image

SIDE = 48
"""Pixels of a photo, one image each: a camera that divides its photos is not imitated."""
_LEVELS = 3
_DATA_FILES = [f"Data{number:04}.dat" for number in range(_LEVELS)]
_SLIDE_ID = "0123456789ABCDEF0123456789ABCDEF"
_VERSION = "01.02"
_FILL = 0xFFFFFF
_PILLOW_FORMATS = {"JPEG": "JPEG", "PNG": "PNG", "BMP24": "BMP"}


def write_mirax(path, picture, mpp, *, overlap=0, unscanned=(), image_format="JPEG"):
    """Write a slide of three levels, with a file of data for each and without a table of positions.

    Args:
        path: of the .mrxs; its folder is written beside it.
        picture: (H, W, 3) uint8, each side a photo and any number of further photos that overlap it.
        mpp: micrometres per pixel.
        overlap: of two photos, in pixels; it alone says where each lies.
        unscanned: (row, column) of the photos to be left out.
        image_format: "JPEG", "PNG" or "BMP24", of the images.

    Raises:
        ValueError: the size does not fit.
    """
    step = SIDE - overlap
    height, width = picture.shape[:2]
    if (height - overlap) % step or (width - overlap) % step:
        raise ValueError(f"{width}x{height} pixels are no photos of {SIDE} that overlap by {overlap}")
    rows, columns = (height - overlap) // step, (width - overlap) // step
    images = {
        (row, column): picture[row * step : row * step + SIDE, column * step : column * step + SIDE]
        for row in range(rows)
        for column in range(columns)
        if (row, column) not in unscanned
    }
    folder = path.with_suffix("")
    folder.mkdir()
    levels = [images]
    while len(levels) < _LEVELS:
        levels.append(_joined(levels[-1], 2 ** len(levels)))
    data, index = _stored(levels, columns, image_format)
    for name, content in zip(_DATA_FILES, data, strict=True):
        (folder / name).write_bytes(content)
    (folder / "Index.dat").write_bytes(index)
    text = _slidedat((rows, columns), mpp, overlap, image_format)
    (folder / "Slidedat.ini").write_text(text, encoding="utf-8-sig", newline="\r\n")
    thumbnail = Image.fromarray(picture)
    thumbnail.thumbnail((64, 64))
    thumbnail.save(path, "JPEG")
    return path


def _joined(images, step):
    """Of the next level: two by two images, halved, become one, called by the first of them; white where one misses."""
    joined, half = {}, SIDE // 2
    for (row, column), pixels in images.items():
        place = row - row % step, column - column % step
        whole = joined.setdefault(place, np.full((SIDE, SIDE, 3), 255, np.uint8))
        top, left = half * (row > place[0]), half * (column > place[1])
        whole[top : top + half, left : left + half] = Image.fromarray(pixels).resize((half, half), Image.Resampling.BOX)
    return joined


def _stored(levels, columns, image_format):
    """The bytes of each file of data, and of Index.dat.

    A record of the index is a chain of two pages, of which the first is empty.
    """
    data, index = [], bytearray((_VERSION + _SLIDE_ID).encode())
    records = len(index) + 8  # behind the pointers to the records that have levels, and to those that have not
    index += struct.pack("<2I", records, records + 4 * len(levels)) + bytes(4 * len(levels))
    for level, images in enumerate(levels):
        here, content = len(index), bytearray(_SLIDE_ID.encode())
        struct.pack_into("<I", index, records + 4 * level, here)
        index += struct.pack("<4I", 0, here + 8, len(images), 0)
        for (row, column), pixels in sorted(images.items()):
            image = _encoded(pixels, image_format)
            index += struct.pack("<4I", row * columns + column, len(content), len(image), level)
            content += image
        data.append(bytes(content))
    return data, bytes(index)


def _encoded(pixels, image_format):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, _PILLOW_FORMATS[image_format], quality=95, subsampling="4:4:4")
    return stream.getvalue()


def _slidedat(photos, mpp, overlap, image_format):
    names = [f"LAYER_0_LEVEL_{level}_SECTION" for level in range(_LEVELS)]
    sections = {
        "GENERAL": {
            "SLIDE_VERSION": _VERSION,
            "SLIDE_ID": _SLIDE_ID,
            "IMAGENUMBER_X": photos[1],
            "IMAGENUMBER_Y": photos[0],
            "OBJECTIVE_MAGNIFICATION": 20,
            "CameraImageDivisionsPerSide": 1,
        },
        "HIERARCHICAL": {
            "HIER_COUNT": 1,
            "NONHIER_COUNT": 0,
            "INDEXFILE": "Index.dat",
            "HIER_0_NAME": "Slide zoom level",
            "HIER_0_COUNT": _LEVELS,
            **{f"HIER_0_VAL_{level}_SECTION": name for level, name in enumerate(names)},
        },
        "DATAFILE": {"FILE_COUNT": _LEVELS, **{f"FILE_{number}": name for number, name in enumerate(_DATA_FILES)}},
    }
    for level, name in enumerate(names):
        sections[name] = {
            "OVERLAP_X": overlap / 2**level,
            "OVERLAP_Y": overlap / 2**level,
            "MICROMETER_PER_PIXEL_X": mpp * 2**level,
            "MICROMETER_PER_PIXEL_Y": mpp * 2**level,
            "IMAGE_FORMAT": image_format,
            "IMAGE_FILL_COLOR_BGR": _FILL,
            "DIGITIZER_WIDTH": SIDE,
            "DIGITIZER_HEIGHT": SIDE,
            "IMAGE_CONCAT_FACTOR": int(level > 0),
        }
    lines = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in values.items())]
    return "\n".join([*lines, ""])
