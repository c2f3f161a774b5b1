"""Slides of Hamamatsu's (NDPI) and 3DHISTECH's (MRXS) scanners, written by hand: read, refused and classified."""

import json
import shutil
import sys

import numpy as np
import pytest
import tifffile
from mirax import SIDE, write_mirax
from ndpi import MCU, write_ndpi
from PIL import Image

from nucleoscope.cli.app import main
from nucleoscope.data.synthetic import make_field
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.slides.image import open_image

WRITERS = {"ndpi": (write_ndpi, "hamamatsu slide"), "mrxs": (write_mirax, "mirax slide")}
UNSCANNED = 1, 2  # row and column of a photo
MPP = 0.2277


@pytest.fixture(scope="module")
def scan(picture):
    """(192, 240, 3): whole tiles of an NDPI, and whole photos of an MRXS; smooth enough for its smallest level too."""
    return np.asarray(Image.fromarray(picture[:48, :60]).resize((240, 192), Image.Resampling.BICUBIC))


def message(path):
    with pytest.raises(DataError) as error:
        open_image(path)
    return str(error.value)


def reading_message(path, *region):
    with open_image(path) as image, pytest.raises(DataError) as error:
        image.read(*region)
    return str(error.value)


def difference(pixels, expected):
    """Mean over all values."""
    return np.abs(pixels.astype(int) - expected).mean()


def shrunk(pixels, width, height):
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BOX))


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_scan_is_read_in_regions(tmp_path, scan, suffix):
    write, kind = WRITERS[suffix]
    path = write(tmp_path / f"slide.{suffix}", scan, MPP)
    with open_image(path) as image:
        assert (image.kind, image.size, image.notes) == (kind, (240, 192), ())
        assert image.mpp == pytest.approx(MPP)
        assert image.mpp_origin == "the file"
        whole = image.read(0, 0, *image.size)
        assert difference(whole, scan) < 2
        for x, y, width, height in ((0, 0, 1, 1), (47, 40, 5, 9), (30, 90, 150, 101), (239, 191, 1, 1)):
            assert np.array_equal(image.read(x, y, width, height), whole[y : y + height, x : x + width])
        assert (image.read(230, 180, 20, 20)[12:] == 255).all()
        for width, height in ((120, 96), (60, 48), (30, 24)):
            thumbnail = image.thumbnail(width)
            assert thumbnail.shape == (height, width, 3)
            assert difference(thumbnail, shrunk(scan, width, height)) < 4


def test_openslide_and_tifffile_agree_on_an_ndpi(tmp_path, scan):
    path = write_ndpi(tmp_path / "slide.ndpi", scan, MPP)
    with open_image(path) as image, tifffile.TiffFile(path) as file:
        assert file.is_ndpi
        assert file.pages[0].tilewidth == SIDE
        assert difference(image.read(0, 0, *image.size), file.pages[0].asarray()) < 2


def test_an_ndpi_that_is_wider_than_a_jpeg_can_say(tmp_path, scan):
    wide = np.asarray(Image.fromarray(scan).resize((65792, 16)))
    path = write_ndpi(tmp_path / "slide.ndpi", wide, MPP, tile_width=4112)
    with open_image(path) as image:
        assert image.size == (65792, 16)
        assert difference(image.read(65500, 0, 292, 16), wide[:, 65500:]) < 2
        assert image.thumbnail(1028).shape == (1, 1028, 3)


@pytest.mark.parametrize("image_format", ["PNG", "BMP24"])
def test_an_mrxs_of_images_without_loss_is_the_picture_itself(tmp_path, scan, image_format):
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP, image_format=image_format)
    with open_image(path) as image:
        assert np.array_equal(image.read(0, 0, *image.size), scan)
        assert difference(image.thumbnail(60), shrunk(scan, 60, 48)) < 2  # levels are rounded one after another


def test_photos_of_an_mrxs_that_overlap_are_put_together(tmp_path, picture):
    scan = np.ascontiguousarray(picture[:168, :208])
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP, overlap=8, image_format="PNG")
    with open_image(path) as image:
        assert image.size == (208, 168)
        assert np.array_equal(image.read(0, 0, *image.size), scan)
        assert difference(image.thumbnail(52), shrunk(scan, 52, 42)) < 2


def test_what_an_mrxs_leaves_out_is_white(tmp_path, scan):
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP, unscanned={UNSCANNED}, image_format="PNG")
    expected = scan.copy()
    top, left = UNSCANNED[0] * SIDE, UNSCANNED[1] * SIDE
    expected[top : top + SIDE, left : left + SIDE] = 255
    with open_image(path) as image:
        assert np.array_equal(image.read(0, 0, *image.size), expected)
        assert np.array_equal(image.thumbnail(120), shrunk(expected, 120, 96))


@pytest.mark.parametrize("part", [0.001, 0.3, 0.7, 0.99])
def test_a_cut_ndpi_is_one_clear_line(tmp_path, scan, part):
    path = write_ndpi(tmp_path / "slide.ndpi", scan, MPP)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert message(path) == (
        f"{path} is no slide that OpenSlide knows, or parts of it are missing: copy all of it again"
    )


def test_a_hole_in_an_ndpi_says_where(tmp_path, scan):
    path = write_ndpi(tmp_path / "slide.ndpi", scan, MPP)
    with tifffile.TiffFile(path) as file:
        tags = file.pages[0].tags
        starts = (tags["StripOffsets"].value[0] + tags[65426].value).tolist()
    hole = bytearray(path.read_bytes())
    hole[starts[50] : starts[60]] = bytes(starts[60] - starts[50])
    path.write_bytes(hole)
    top = 50 * SIDE // 240 * MCU[1]
    assert reading_message(path, 0, top, SIDE, MCU[1]) == (
        f"{path} cannot be read at x 0, y {top} (Restart marker not found at recorded position {starts[51] - 2}): copy "
        "it again"
    )
    with open_image(path) as image:
        assert image.read(0, 0, 240, top).shape == (top, 240, 3)


def test_an_mrxs_without_its_folder_is_one_clear_line(tmp_path, scan):
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP)
    shutil.rmtree(tmp_path / "slide")
    assert message(path) == (
        f"{path} has no folder slide with Slidedat.ini beside it; expected it, since it holds the pixels: copy both"
    )


@pytest.mark.parametrize(
    ("name", "kept", "reason"),
    [
        ("Index.dat", 1, "Index.dat doesn't have expected version"),
        ("Index.dat", None, "Couldn't open slide/Index.dat: No such file or directory"),
        ("Slidedat.ini", 3, "Can't find GENERAL group"),
        ("Data0002.dat", 40, "Can't hash images: Short read of file slide/Data0002.dat: 8 < {length}"),
    ],
)
def test_a_folder_of_an_mrxs_that_is_cut_is_one_clear_line(tmp_path, scan, name, kept, reason):
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP)
    file = tmp_path / "slide" / name
    content = file.read_bytes()
    file.unlink()
    if kept is not None:
        file.write_bytes(content[:kept])
    length = content.index(b"\xff\xd9") + 2 - 32 if name.startswith("Data") else 0
    assert message(path) == (
        f"{path} cannot be read as a slide ({reason.format(length=length)}): copy it and its folder slide again"
    )


@pytest.mark.parametrize(
    ("kept", "reason"),
    [(0.5, "Empty input file"), (None, "Couldn't open slide/Data0000.dat: No such file or directory")],
)
def test_pixels_that_an_mrxs_lost_say_where(tmp_path, scan, kept, reason):
    path = write_mirax(tmp_path / "slide.mrxs", scan, MPP)
    file = tmp_path / "slide" / "Data0000.dat"
    content = file.read_bytes()
    file.unlink()
    if kept is not None:
        file.write_bytes(content[: int(len(content) * kept)])
    assert reading_message(path, 200, 150, 30, 30) == (
        f"{path} cannot be read at x 200, y 150 ({reason}): copy it and its folder slide again"
    )


@pytest.mark.parametrize("suffix", WRITERS)
def test_nuclei_of_a_scan_are_classified_as_their_crops(trained_bundle, tmp_path, monkeypatch, suffix):
    tissue = make_field(21, size=7 * SIDE)
    scanned = 5 * SIDE if suffix == "mrxs" else 7 * SIDE  # pixels from the left
    options = {"unscanned": [(row, column) for row in range(7) for column in (5, 6)]} if suffix == "mrxs" else {}
    path = WRITERS[suffix][0](tmp_path / f"slide.{suffix}", tissue.image, tissue.mpp, **options)
    np.savetxt(tmp_path / "slide.csv", tissue.centres, delimiter=",", header="x,y", comments="", fmt="%.2f")
    arguments = ("--model", trained_bundle, "--nuclei", tmp_path, "--formats", "geojson", "--engine", "torch")
    monkeypatch.setattr(sys, "argv", ["nucleoscope", "classify", *map(str, (tmp_path, *arguments))])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    features = json.loads((tmp_path / "slide-classified" / "nuclei.geojson").read_text())["features"]
    found = np.array([feature["properties"]["classification"]["name"] for feature in features])
    bundle = load_bundle(trained_bundle)
    with open_image(path) as image:
        field = Field(image.read(0, 0, *image.size), np.round(tissue.centres, 2))
    expected = np.array(bundle.config.classes)[predict_crops_of(bundle, field).argmax(axis=1)]
    sure = ~np.char.startswith(found, "unsure")
    assert sure.sum() > 0.8 * (tissue.centres[:, 0] < scanned).sum() > 20
    assert (found[sure] == expected[sure]).all()
    missing = tissue.centres[:, 0] > scanned + SIDE / 2
    assert missing.any() == (suffix == "mrxs")
    assert (found[missing] == "unsure: glass").all()
