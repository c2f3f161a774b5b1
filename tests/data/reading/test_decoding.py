import re
import warnings

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.reading.conversions import Conversion
from nucleoscope.data.reading.decoding import decode
from nucleoscope.data.reading.sources import open_source, pictures
from nucleoscope.errors import DataError

from .tiny_pictures import encoded, encoded_png, pack, pixels, write_picture


def decode_all(path, progress=None):
    with open_source(path) as source:
        return decode(source, pictures(source), progress)


@pytest.fixture
def folder(tmp_path):
    for number in range(150):
        write_picture(tmp_path / "pictures" / f"{number}.png", number)
    return tmp_path / "pictures"


def test_pictures_keep_their_order(folder):
    expected = np.stack([pixels(number) for number in range(150)])
    np.testing.assert_array_equal(decode_all(folder).images, expected)
    np.testing.assert_array_equal(decode_all(pack(folder)).images, expected)


def test_progress_rises_to_the_number_of_pictures(folder):
    calls = []
    decode_all(folder, lambda done, total: calls.append((done, total)))
    assert calls == [(64, 150), (128, 150), (150, 150)]


def test_a_stop_from_progress_ends_it(folder):
    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_all(folder, stop)


def test_conversions_are_counted(folder):
    for number in (3, 100):
        Image.fromarray(pixels(number)[..., 0]).save(folder / f"{number}.png")
    assert decode_all(folder).conversions == {Conversion.GREYSCALE: 2}


@pytest.mark.parametrize("number", [0, 100])
def test_a_truncated_picture_is_named(folder, number):
    path = folder / f"{number}.png"
    path.write_bytes(path.read_bytes()[:500])
    message = f"{path} cannot be decoded (image file is truncated): replace or remove it"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(folder)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"GIF89a" + bytes(100)])
def test_something_else_under_a_pictures_name_is_named(folder, content):
    (folder / "7.png").write_bytes(content)
    message = f"{folder}/7.png cannot be decoded (not a PNG, JPEG, TIFF or BMP): replace or remove it"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(folder)


def test_a_refused_pixel_type_is_named(folder):
    (folder / "7.tif").write_bytes(encoded(Image.fromarray(pixels(0)[..., 0].astype(np.float32)), "TIFF"))
    message = f'{folder}/7.tif has pixels of type "F"; expected RGB or greyscale of 8 or 16 bits: save it as 8-bit RGB'
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(folder)


def test_pages_are_refused(folder):
    image = Image.fromarray(pixels(0))
    (folder / "7.tif").write_bytes(encoded(image, "TIFF", save_all=True, append_images=[image]))
    message = f"{folder}/7.tif has 2 pages; expected one: save each crop as a file of its own"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(folder)


def test_mixed_sizes_name_the_two_most_frequent_and_an_example(folder):
    for number in (0, 70, 71):
        write_picture(folder / f"{number}.png", number, size=30)
    write_picture(folder / "5.png", size=2000)
    message = (
        f"{folder} has crops of 3 sizes, most often 24x24 (146) and 30x30 (3, such as 0.png); expected one: "
        "cut or resize them to the same size"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(folder)


@pytest.mark.parametrize("size", [23, 513])
def test_a_size_out_of_range_is_named(tmp_path, size):
    path = write_picture(tmp_path / "1.png", size=size)
    message = (
        f"{path} has {size}x{size} pixels; expected between 24 and 512 on each side: "
        "cut crops around single nuclei first"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        decode_all(tmp_path)


@pytest.mark.parametrize("pixel_count", [100_000_000, 400_000_000])
def test_a_decompression_bomb_is_not_decoded(tmp_path, pixel_count):
    path = tmp_path / "1.png"
    path.write_bytes(encoded_png(np.zeros((1, 1, 1)), 0, claimed_size=(pixel_count // 1000, 1000)))
    message = f"{path} has far more than 512x512 pixels: cut crops around single nuclei first"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            decode_all(tmp_path)
