import re
import struct
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.image import open_image, opening, tiff, whole_slide

UNKNOWN = "does not say how large its pixels are"
REMEDY = "expected um/pixel: give it with --mpp, such as --mpp 0.25 for a 40x scan"


@pytest.fixture
def png(tmp_path, picture):
    path = tmp_path / "field.png"
    Image.fromarray(picture).save(path)
    return path


def message(path, mpp=0.25, kind=DataError):
    with pytest.raises(kind) as error:
        open_image(path, mpp)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_picture_is_read_as_it_is(png, picture):
    with open_image(png, 0.25) as image:
        assert (image.size, image.mpp, image.mpp_origin, image.kind) == ((253, 201), 0.25, "--mpp", "PNG picture")
        assert np.array_equal(image.read(10, 20, 30, 40), picture[20:60, 10:40])
        assert image.notes == ()


def test_beyond_the_border_is_white(png, picture):
    with open_image(png, 0.25) as image:
        region = image.read(-3, 190, 10, 20)
        assert np.array_equal(region[:11, 3:], picture[190:, :7])
        assert (region[11:] == 255).all()
        assert (region[:, :3] == 255).all()
        assert (image.read(300, 300, 4, 5) == 255).all()


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_a_density_that_can_be_a_microscope_s_is_believed(tmp_path, picture, suffix):
    path = tmp_path / f"field.{suffix}"
    Image.fromarray(picture).save(path, dpi=(50800, 50800))
    with open_image(path) as image:
        assert image.mpp == pytest.approx(0.5, rel=1e-4)
        assert image.mpp_origin == "the file"


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tif"])
def test_a_printer_s_density_is_not_believed(tmp_path, picture, suffix):
    path = tmp_path / f"field.{suffix}"
    Image.fromarray(picture).save(path, dpi=(72, 72))
    source = "resolution tag" if suffix == "tif" else "header"
    assert (
        message(path, None) == f"{path} {UNKNOWN} (its {source} gives 353 um/pixel, which is no microscope); {REMEDY}"
    )


def test_no_resolution_is_an_error_with_the_remedy(png):
    assert message(png, None) == f"{png} {UNKNOWN}; {REMEDY}"


def test_a_given_resolution_wins_and_the_difference_is_said(tmp_path, picture):
    path = tmp_path / "field.tif"
    centimetre = {"resolutionunit": "CENTIMETER", "photometric": "rgb"}
    tifffile.imwrite(path, picture, resolution=(20000, 20000), **centimetre)
    with open_image(path, 0.25) as image:
        assert (image.mpp, image.mpp_origin) == (0.25, "--mpp")
        assert image.notes == ("the file says 0.5 um/pixel; --mpp 0.25 was taken instead",)
    with open_image(path, 0.501) as image:
        assert image.notes == ()
    tifffile.imwrite(path, picture, resolution=(20000, 40000), **centimetre)
    with open_image(path, 0.25) as image:
        assert image.notes == ("the file says 0.5 x 0.25 um/pixel; --mpp 0.25 was taken instead",)


def test_pixels_that_are_not_square_are_refused(tmp_path, picture):
    path = tmp_path / "field.tif"
    tifffile.imwrite(path, picture, photometric="rgb", resolution=(20000, 40000), resolutionunit="CENTIMETER")
    assert message(path, None) == (
        f"{path} has pixels of 0.5 x 0.25 um; expected square ones: resample it, or say its resolution with --mpp if "
        "the file is wrong"
    )


@pytest.mark.parametrize("mpp", [0.0, 25.0, -1.0, float("nan")])
def test_a_given_resolution_must_be_a_microscope_s(png, mpp):
    assert message(png, mpp, ConfigError) == (
        f"--mpp {mpp:g} is no microscope's; expected 0.05 to 10 um/pixel, such as 0.25 for a 40x scan"
    )


def test_what_is_not_there_or_a_folder(tmp_path):
    path = tmp_path / "field.png"
    assert message(path) == f"{path} does not exist: check the path"
    (tmp_path / "notes.txt").write_text("nothing")
    assert message(tmp_path) == (
        f"{tmp_path} is a folder without a DICOM slide; expected an image or a folder of DICOM files"
    )


def test_what_is_no_image(tmp_path):
    path = tmp_path / "cells.geojson"
    path.write_text("{}")
    assert message(path) == (
        f"{path} cannot be read (it is no image of a known format); expected PNG, JPEG, BMP, TIFF, OME-TIFF or a "
        "whole slide that OpenSlide reads: copy it again or export it as one"
    )
    slide = tmp_path / "slide.ndpi"
    slide.write_bytes(b"nothing of a slide")
    assert message(slide) == (
        f"{slide} is no slide that OpenSlide knows, or parts of it are missing: copy all of it again"
    )


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp"])
def test_a_cut_picture_is_one_clear_line(tmp_path, picture, suffix):
    path = tmp_path / f"field.{suffix}"
    Image.fromarray(picture).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert re.fullmatch(re.escape(str(path)) + r" cannot be read \(.*truncated.*\); expected PNG, .*", message(path))


@pytest.mark.parametrize(
    ("side", "found"),
    [
        (12000, "has 12000x12000 pixels, which can only be read all at once; expected a tiled TIFF"),
        (20000, "can only be read all at once and has far more than Pillow decodes; expected a tiled TIFF"),
    ],
)
def test_what_can_only_be_decoded_as_a_whole_has_a_limit(tmp_path, side, found):
    path = tmp_path / "large.png"
    with path.open("wb") as stream:
        stream.write(b"\x89PNG\r\n\x1a\n")
        PngImagePlugin.putchunk(stream, b"IHDR", struct.pack(">II5B", side, side, 8, 2, 0, 0, 0))
        PngImagePlugin.putchunk(stream, b"IDAT", b"")
    assert message(path) == (
        f"{path} {found} above 100 million pixels: `vips tiffsave IMAGE slide.tif --tile --pyramid --compression jpeg` "
        "makes one"
    )


@pytest.mark.parametrize(
    ("mode", "note"),
    [
        ("L", "1 greyscale picture was converted to RGB"),
        ("RGBA", "1 picture with an alpha channel was composited on white"),
        ("P", "1 palette picture was converted to RGB"),
        ("I;16", None),
    ],
)
def test_other_pixels_are_converted_and_said(tmp_path, picture, mode, note):
    path = tmp_path / "field.png"
    if mode == "I;16":
        deep = picture[..., 0].astype(np.uint16) << 8
        Image.fromarray(deep).save(path)
    else:
        Image.fromarray(picture).convert(mode).save(path)
    with open_image(path, 0.25) as image:
        region = image.read(0, 0, *image.size)
        assert region.shape == picture.shape
        assert region.dtype == np.uint8
        expected = (
            (note,)
            if note
            else (
                "1 greyscale picture was converted to RGB",
                "1 16-bit picture was scaled to 8 bits",
            )
        )
        assert image.notes == expected
    if mode == "RGBA":
        assert np.array_equal(region, picture)
    if mode == "I;16":
        assert np.array_equal(region[..., 1], picture[..., 0])


def test_a_cmyk_jpeg(tmp_path, picture):
    path = tmp_path / "field.jpg"
    Image.fromarray(picture).convert("CMYK").save(path, quality=95)
    with open_image(path, 0.25) as image:
        assert image.notes == ("1 CMYK picture was converted to RGB",)
        assert np.abs(image.read(0, 0, *image.size).astype(int) - picture).mean() < 4


def test_missing_packages_are_named(tmp_path, picture, monkeypatch):
    def missing(name):
        raise ImportError(name)

    path = tmp_path / "field.tif"
    tifffile.imwrite(path, picture, photometric="rgb")
    monkeypatch.setattr(tiff, "import_module", missing)
    assert message(path, kind=ConfigError) == (
        f"{path} needs the package tifffile, which is not installed: pip install 'nucleoscope[slides]'"
    )
    slide = tmp_path / "slide.svs"
    slide.write_bytes(b"nothing of a slide")
    monkeypatch.setitem(sys.modules, "openslide", None)
    assert whole_slide.vendor_of(slide) is None
    assert message(slide, kind=ConfigError) == (
        f"{slide} needs OpenSlide, which is not installed: pip install 'nucleoscope[slides]'"
    )


def test_a_reader_is_closed_where_opening_fails(tmp_path, picture, monkeypatch):
    path = tmp_path / "field.tif"
    tifffile.imwrite(path, picture, photometric="rgb", tile=(64, 64))
    opened = []
    monkeypatch.setattr(opening, "open_tiff", lambda file: opened.append(tiff.open_tiff(file)) or opened[0])
    message(path, None)
    assert opened[0]._file.filehandle.closed
