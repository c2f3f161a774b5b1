import io
import re

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.reading.conversions import Conversion, sentences, to_rgb
from nucleoscope.errors import DataError

from .tiny_pictures import SIZE, encoded, encoded_png, pixels

GREY = pixels(0)[..., 0]
RGB = pixels(0)
ALPHA = np.where(GREY > 128, 255, 0).astype(np.uint8)
ON_WHITE = np.where(ALPHA[..., None] == 255, RGB, 255)
DEEP = np.random.default_rng(0).integers(0, 65536, (SIZE, SIZE, 4)).astype(np.uint16)


def convert(content):
    with Image.open(io.BytesIO(content)) as image:
        return to_rgb(image)


def grey(values):
    return np.repeat(values[..., None], 3, axis=2)


def with_alpha(values):
    return Image.fromarray(np.dstack([values, ALPHA]))


def palette(transparency=None):
    indices = Image.fromarray((GREY % 4).astype(np.uint8), mode="P")
    indices.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    return encoded(indices, **({} if transparency is None else {"transparency": transparency}))


PALETTE = np.array([[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]], dtype=np.uint8)
PALETTE_ON_WHITE = np.array([[255, 255, 255], *PALETTE[1:]], dtype=np.uint8)


@pytest.mark.parametrize(
    ("content", "expected", "conversions"),
    [
        pytest.param(encoded(Image.fromarray(RGB)), RGB, set(), id="RGB"),
        pytest.param(encoded(Image.fromarray(RGB), "BMP"), RGB, set(), id="RGB bitmap"),
        pytest.param(encoded(Image.fromarray(GREY)), grey(GREY), {Conversion.GREYSCALE}, id="greyscale"),
        pytest.param(
            encoded(Image.fromarray(GREY > 128)),
            grey(np.where(GREY > 128, 255, 0)),
            {Conversion.GREYSCALE},
            id="black and white",
        ),
        pytest.param(
            encoded(with_alpha(GREY)),
            grey(np.where(ALPHA == 255, GREY, 255)),
            {Conversion.GREYSCALE, Conversion.ALPHA},
            id="greyscale with alpha",
        ),
        pytest.param(encoded(with_alpha(RGB)), ON_WHITE, {Conversion.ALPHA}, id="RGB with alpha"),
        pytest.param(palette(), PALETTE[GREY % 4], {Conversion.PALETTE}, id="palette"),
        pytest.param(
            palette(transparency=0),
            PALETTE_ON_WHITE[GREY % 4],
            {Conversion.PALETTE, Conversion.ALPHA},
            id="palette with a transparent colour",
        ),
        pytest.param(
            encoded(
                Image.merge(
                    "CMYK", [Image.fromarray(255 - RGB[..., i]) for i in range(3)] + [Image.new("L", (SIZE, SIZE))]
                ),
                "TIFF",
            ),
            RGB,
            {Conversion.CMYK},
            id="CMYK",
        ),
        pytest.param(
            encoded_png(DEEP[..., :1], 0),
            grey((DEEP[..., 0] >> 8).astype(np.uint8)),
            {Conversion.GREYSCALE, Conversion.DEEP},
            id="16-bit greyscale",
        ),
        pytest.param(
            encoded(Image.fromarray(DEEP[..., 0]), "TIFF"),
            grey((DEEP[..., 0] >> 8).astype(np.uint8)),
            {Conversion.GREYSCALE, Conversion.DEEP},
            id="16-bit greyscale TIFF",
        ),
        pytest.param(
            encoded(Image.fromarray(DEEP[..., 0].astype(np.int32)), "TIFF"),
            grey((DEEP[..., 0] >> 8).astype(np.uint8)),
            {Conversion.GREYSCALE, Conversion.DEEP},
            id="16 bits in 32",
        ),
        pytest.param(
            encoded_png(DEEP[..., :3], 2), (DEEP[..., :3] >> 8).astype(np.uint8), {Conversion.DEEP}, id="16-bit RGB"
        ),
        pytest.param(
            encoded_png(np.dstack([DEEP[..., :3], np.full((SIZE, SIZE), 65535)]), 6),
            (DEEP[..., :3] >> 8).astype(np.uint8),
            {Conversion.DEEP, Conversion.ALPHA},
            id="16-bit RGB with alpha",
        ),
    ],
)
def test_every_pixel_type_becomes_rgb(content, expected, conversions):
    images, converted = convert(content)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, expected)
    assert converted == conversions


def test_floating_point_is_refused():
    content = encoded(Image.fromarray(GREY.astype(np.float32)), "TIFF")
    message = 'has pixels of type "F"; expected RGB or greyscale of 8 or 16 bits: save it as 8-bit RGB'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        convert(content)


def test_values_beyond_16_bits_are_refused():
    values = np.full((SIZE, SIZE), 70000, dtype=np.int32)
    values[0, 0] = -5
    message = "has values from -5 to 70000; expected 0 to 65535: save it as 8-bit RGB"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        convert(encoded(Image.fromarray(values), "TIFF"))


def test_sentences_say_what_was_done():
    counts = {Conversion.DEEP: 1, Conversion.GREYSCALE: 3, Conversion.ALPHA: 2, Conversion.CMYK: 0}
    assert sentences(counts) == (
        "3 greyscale pictures were converted to RGB",
        "2 pictures with an alpha channel were composited on white",
        "1 16-bit picture was scaled to 8 bits",
    )
    assert sentences({Conversion.PALETTE: 1}, " of the test set") == (
        "1 palette picture of the test set was converted to RGB",
    )
