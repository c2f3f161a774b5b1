import logging

import numpy as np
import pytest
import tifffile
from PIL import Image

from nucleoscope.errors import DataError
from nucleoscope.slides.image import ArrayReader, open_image
from nucleoscope.slides.image.tiff import TiffReader

CENTIMETRE = {"resolution": (40000, 40000), "resolutionunit": "CENTIMETER"}
LAYOUTS = {
    "one strip": {},
    "strips": {"rowsperstrip": 7, "compression": "lzw"},
    "tiles": {"tile": (64, 48), "compression": "zlib", "predictor": True},
    "BigTIFF": {"tile": (64, 48), "bigtiff": True},
    "big-endian": {"tile": (64, 48), "byteorder": ">"},
    "JPEG 2000": {"tile": (64, 48), "compression": "jpeg2000"},
    "JPEG": {"tile": (64, 64), "compression": "jpeg", "compressionargs": {"level": 98}},
    "JPEG as RGB": {
        "tile": (64, 64),
        "compression": "jpeg",
        "compressionargs": {"level": 98, "outcolorspace": "rgb"},
    },
}


def write(path, pixels, **options):
    tifffile.imwrite(path, pixels, **{"photometric": "rgb", "metadata": None, **options})
    return path


def whole(path, mpp=0.25):
    with open_image(path, mpp) as image:
        return image.read(0, 0, *image.size), image.notes


def message(path):
    with pytest.raises(DataError) as error:
        whole(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_picture_and_its_regions(tmp_path, picture, layout):
    path = write(tmp_path / "field.tif", picture, **CENTIMETRE, **LAYOUTS[layout])
    with open_image(path) as image:
        assert (image.size, image.mpp, image.mpp_origin, image.kind) == ((253, 201), 0.25, "the file", "TIFF")
        pixels = image.read(0, 0, *image.size)
        assert np.abs(pixels.astype(int) - picture).mean() <= (4 if "JPEG" in layout else 0)
        for x, y, width, height in ((0, 0, 1, 1), (47, 63, 2, 2), (30, 90, 150, 111), (252, 200, 1, 1), (5, 0, 248, 9)):
            assert np.array_equal(image.read(x, y, width, height), pixels[y : y + height, x : x + width])


def test_one_huge_strip_is_decoded_once(tmp_path):
    pixels = np.zeros((4001, 4000, 3), np.uint8)
    path = write(tmp_path / "field.tif", pixels, compression="zlib", rowsperstrip=4001)
    with open_image(path, 0.25) as image:
        assert isinstance(image.reader, ArrayReader)
        assert image.size == (4000, 4001)


def stored(kind, picture):
    """The picture as such pixels, how to say so in a TIFF, what to expect, and the note."""
    grey = picture[..., 0]
    alpha = np.full_like(grey, 255)
    alpha[:100] = 128
    on_white = np.asarray(
        Image.alpha_composite(
            Image.new("RGBA", (253, 201), "white"), Image.fromarray(np.dstack([picture, alpha]))
        ).convert("RGB")
    )
    colours = np.random.default_rng(1).integers(0, 2**16, (3, 256)).astype(np.uint16)
    grey_note = "1 greyscale picture was converted to RGB"
    deep_note, alpha_note = (
        "1 16-bit picture was scaled to 8 bits",
        "1 picture with an alpha channel was composited on white",
    )
    return {
        "grey": (grey, {"photometric": "minisblack"}, np.dstack([grey] * 3), (grey_note,)),
        "inverted": (255 - grey, {"photometric": "miniswhite"}, np.dstack([grey] * 3), (grey_note,)),
        "16 bits": (picture.astype(np.uint16) << 8, {}, picture, (deep_note,)),
        "grey of 16 bits": (
            grey.astype(np.uint16) << 8,
            {"photometric": "minisblack"},
            np.dstack([grey] * 3),
            (grey_note, deep_note),
        ),
        "planes": (np.moveaxis(picture, -1, 0), {"planarconfig": "separate"}, picture, ()),
        "alpha": (np.dstack([picture, alpha]), {"extrasamples": ["unassalpha"]}, on_white, (alpha_note,)),
        "premultiplied": (
            np.dstack([np.rint(picture * (alpha[..., None] / 255)).astype(np.uint8), alpha]),
            {"extrasamples": ["assocalpha"]},
            on_white,
            (alpha_note,),
        ),
        "palette": (
            grey,
            {"photometric": "palette", "colormap": colours},
            (colours >> 8).astype(np.uint8).T[grey],
            ("1 palette picture was converted to RGB",),
        ),
        "CMYK": (
            np.asarray(Image.fromarray(picture).convert("CMYK")),
            {"photometric": "separated"},
            picture,
            ("1 CMYK picture was converted to RGB",),
        ),
        "one bit": (
            grey > 127,
            {"photometric": "minisblack"},
            np.dstack([np.where(grey > 127, 255, 0)] * 3),
            (grey_note,),
        ),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    [
        "grey",
        "inverted",
        "16 bits",
        "grey of 16 bits",
        "planes",
        "alpha",
        "premultiplied",
        "palette",
        "CMYK",
        "one bit",
    ],
)
@pytest.mark.parametrize("tiled", [False, True])
def test_every_kind_of_pixel_becomes_rgb(tmp_path, picture, kind, tiled):
    pixels, options, expected, notes = stored(kind, picture)
    path = write(tmp_path / "field.tif", pixels, **options, **({"tile": (64, 48)} if tiled else {}))
    found, said = whole(path)
    assert np.abs(found.astype(int) - expected).max() <= (2 if kind in ("premultiplied", "alpha") else 0)
    assert said == notes


@pytest.mark.parametrize(
    ("pixels", "options", "said"),
    [
        (
            np.zeros((40, 40, 3), np.float32),
            {},
            'has pixels of type "float32"; expected RGB or greyscale of 8 or 16 bits: save it as 8-bit RGB',
        ),
        (
            np.zeros((40, 40, 3), np.uint8),
            {"photometric": "cielab"},
            "has 3 channels of CIELAB; expected RGB, greyscale, a palette or CMYK: save it as 8-bit RGB",
        ),
        (
            np.zeros((40, 40, 6), np.uint8),
            {},
            "has 6 channels of RGB; expected RGB, greyscale, a palette or CMYK: save it as 8-bit RGB",
        ),
        (
            np.zeros((5, 40, 40, 3), np.uint8),
            {},
            "has 5 pages of one size; expected a single RGB image: export one plane as RGB",
        ),
    ],
)
def test_what_is_no_picture_of_h_and_e_is_refused(tmp_path, pixels, options, said):
    path = write(tmp_path / "field.tif", pixels, **options)
    assert message(path) == f"{path} {said}"


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((3, 40, 40), "CYX", "has 3 separate channels; expected a single RGB image: export one plane as RGB"),
        ((5, 40, 40), "ZYX", "has 5 focal planes; expected a single RGB image: export one plane as RGB"),
        (
            (2, 3, 40, 40),
            "TCYX",
            "has 2 points in time and 3 separate channels; expected a single RGB image: export one plane as RGB",
        ),
    ],
)
def test_stacks_of_an_ome_tiff_are_refused(tmp_path, shape, axes, said):
    path = tmp_path / "field.ome.tif"
    tifffile.imwrite(path, np.zeros(shape, np.uint8), photometric="minisblack", metadata={"axes": axes})
    assert message(path) == f"{path} {said}"


def ome(path, picture, levels=3, **sizes):
    with tifffile.TiffWriter(path, ome=True) as writer:
        options = {"tile": (64, 64), "photometric": "rgb"}
        writer.write(picture, subifds=levels - 1, metadata={"axes": "YXS", **sizes}, **options)
        for level in range(1, levels):
            writer.write(picture[:: 2**level, :: 2**level], subfiletype=1, **options)
    return path


def test_an_ome_tiff_with_its_pyramid_in_subifds(tmp_path, picture):
    sizes = {f"PhysicalSize{axis}": 250 for axis in "XY"} | {f"PhysicalSize{axis}Unit": "nm" for axis in "XY"}
    with open_image(ome(tmp_path / "field.ome.tif", picture, **sizes)) as image:
        assert (image.kind, image.size, image.mpp, image.mpp_origin) == ("OME-TIFF", (253, 201), 0.25, "the file")
        assert np.array_equal(image.read(0, 0, *image.size), picture)
        # Its smallest level is large enough, and is what a thumbnail is made of.
        assert np.array_equal(image.thumbnail(64), picture[::4, ::4])


@pytest.mark.parametrize(
    ("unit", "size", "expected"), [("\u00b5m", 0.25, 0.25), ("mm", 0.0005, 0.5), ("\u00c5", 5000, 0.5)]
)
def test_units_of_an_ome_tiff(tmp_path, picture, unit, size, expected):
    sizes = {f"PhysicalSize{axis}": size for axis in "XY"} | {f"PhysicalSize{axis}Unit": unit for axis in "XY"}
    with open_image(ome(tmp_path / "field.ome.tif", picture, 1, **sizes)) as image:
        assert image.mpp == pytest.approx(expected)


def test_a_unit_without_a_length_is_no_resolution(tmp_path, picture):
    sizes = {f"PhysicalSize{axis}": 1 for axis in "XY"} | {f"PhysicalSize{axis}Unit": "pixel" for axis in "XY"}
    path = ome(tmp_path / "field.ome.tif", picture, 1, **sizes)
    with pytest.raises(DataError) as error:
        open_image(path)
    assert str(error.value) == (
        f'{path} does not say how large its pixels are (its PhysicalSizeX is in "pixel"); expected um/pixel: give it '
        "with --mpp, such as --mpp 0.25 for a 40x scan"
    )


@pytest.mark.parametrize(
    ("options", "mpp"),
    [
        ({"resolution": (101600, 101600), "resolutionunit": "INCH"}, 0.25),
        ({"resolution": (20000, 20000), "resolutionunit": "CENTIMETER"}, 0.5),
    ],
)
def test_resolution_tags(tmp_path, picture, options, mpp):
    with open_image(write(tmp_path / "field.tif", picture, **options)) as image:
        assert image.mpp == pytest.approx(mpp)


@pytest.mark.parametrize("options", [{}, {"resolution": (40000, 40000), "resolutionunit": "NONE"}])
def test_resolution_tags_without_a_unit_say_nothing(tmp_path, picture, options):
    path = write(tmp_path / "field.tif", picture, **options)
    with pytest.raises(DataError, match="does not say how large its pixels are; expected um/pixel"):
        open_image(path)


@pytest.mark.parametrize("layout", ["strips", "tiles", "JPEG", "JPEG 2000", "BigTIFF"])
@pytest.mark.parametrize("kept", [0.02, 0.4, 0.9])
def test_a_cut_tiff_is_one_clear_line_and_never_white(tmp_path, picture, layout, kept, caplog):
    path = write(tmp_path / "field.tif", picture, **LAYOUTS[layout])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with caplog.at_level(logging.WARNING):
        assert message(path).startswith(f"{path} cannot be read")
    assert caplog.records == []


def test_damage_inside_says_where(tmp_path, picture):
    path = write(tmp_path / "field.tif", picture, tile=(64, 64), compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        start, length = file.pages[0].dataoffsets[5], file.pages[0].databytecounts[5]
    content[start : start + length] = bytes(length)
    path.write_bytes(bytes(content))
    with open_image(path, 0.25) as image:
        assert np.array_equal(image.read(0, 0, 64, 64), picture[:64, :64])
        with pytest.raises(DataError) as error:
            image.read(60, 60, 30, 30)
    assert str(error.value).startswith(f"{path} cannot be read at x 60, y 60 (")
    assert str(error.value).endswith("): copy it again, or export it anew")


def test_tiles_that_a_scanner_left_out_are_white(tmp_path):
    pixels = np.zeros((128, 128, 3), np.uint8)
    path = tmp_path / "sparse.tif"
    with tifffile.TiffWriter(path) as writer:
        tiles = iter([pixels[:64, :64], None, None, pixels[:64, :64]])
        writer.write(tiles, shape=pixels.shape, dtype=np.uint8, tile=(64, 64), photometric="rgb", compression="zlib")
    found, _ = whole(path)
    assert (found[:64, 64:] == 255).all()
    assert (found[:64, :64] == 0).all()


def test_a_thumbnail_is_the_mean_of_what_it_covers(tmp_path):
    pixels = np.random.default_rng(2).integers(0, 256, (3000, 4200, 3), dtype=np.uint8)
    reader = TiffReader(write(tmp_path / "field.tif", pixels, tile=(512, 512)))
    expected = pixels.reshape(300, 10, 420, 10, 3).mean(axis=(1, 3))
    assert np.abs(reader.thumbnail(420) - expected).max() <= 1
    reader.close()
