import json
import os
import re

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data import room
from nucleoscope.data.reading import cache as cache_module
from nucleoscope.data.reading.cache import Cache
from nucleoscope.data.reading.conversions import Conversion
from nucleoscope.data.reading.sources import open_source, pictures

from .tiny_pictures import pack, pixels, write_picture


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        write_picture(tmp_path / "pictures" / f"{number}.png", number)
    Image.fromarray(pixels(4)[..., 0]).save(tmp_path / "pictures" / "4.png")
    return tmp_path / "pictures"


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", "labelled")


@pytest.fixture
def decoded_counts(monkeypatch):
    """The number of pictures of each real decoding."""
    counts = []
    decode = cache_module.decode

    def counted(source, files, progress=None):
        counts.append(len(files))
        return decode(source, files, progress)

    monkeypatch.setattr(cache_module, "decode", counted)
    return counts


def read(cache, path, **options):
    with open_source(path) as source:
        return cache.decode(source, pictures(source), **options)


def cached_array(cache):
    (path,) = cache.folder.glob(f"crops-{cache.kind}-*.npy")
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_a_second_read_takes_the_same_pictures_from_the_cache(cache, folder, packed, decoded_counts):
    path = pack(folder) if packed else folder
    first, first_notes = read(cache, path)
    calls = []
    second, second_notes = read(cache, path, progress=lambda done, total: calls.append((done, total)))
    assert decoded_counts == [5]
    np.testing.assert_array_equal(first.images, second.images)
    assert first.conversions == second.conversions == {Conversion.GREYSCALE: 1}
    assert first_notes == second_notes == ()
    assert calls == [(5, 5)]


def test_pictures_from_the_cache_cannot_be_changed(cache, folder):
    read(cache, folder)
    with pytest.raises(ValueError, match="read-only"):
        read(cache, folder)[0].images[:] = 0


def test_pictures_too_large_for_memory_are_those_of_the_cache_at_once(cache, folder, monkeypatch):
    monkeypatch.setattr(room, "IN_MEMORY", 0)
    images = read(cache, folder)[0].images
    assert images.filename == cached_array(cache)
    np.testing.assert_array_equal(images[0], pixels(0))


def test_a_changed_source_is_read_again_and_the_old_cache_removed(cache, folder, decoded_counts):
    read(cache, folder)
    old = cached_array(cache)
    write_picture(folder / "2.png", 99)
    os.utime(folder / "2.png", ns=(1, 1))
    np.testing.assert_array_equal(read(cache, folder)[0].images[2], pixels(99))
    assert decoded_counts == [5, 5]
    assert cached_array(cache) != old
    assert len(list(cache.folder.iterdir())) == 2


def test_a_changed_zip_is_read_again(cache, folder, decoded_counts):
    read(cache, pack(folder))
    write_picture(folder / "2.png", 99)
    np.testing.assert_array_equal(read(cache, pack(folder))[0].images[2], pixels(99))
    assert decoded_counts == [5, 5]


def test_each_kind_keeps_its_own(cache, folder, decoded_counts):
    test = Cache(cache.folder, "test")
    for kept in (cache, test, cache, test):
        read(kept, folder)
    assert decoded_counts == [5, 5]


def test_an_array_without_facts_is_not_used(cache, folder, decoded_counts):
    read(cache, folder)
    cached_array(cache).with_suffix(".json").unlink()
    assert read(cache, folder)[1] == ()
    assert decoded_counts == [5, 5]


def flip_a_byte(array):
    content = bytearray(array.read_bytes())
    content[-100] ^= 1
    array.write_bytes(content)


DAMAGE = {
    "its checksum differs": flip_a_byte,
    "mmap length is greater than file size": lambda array: array.write_bytes(array.read_bytes()[:-1000]),
    "No data left in file": lambda array: array.write_bytes(b""),
    "No such file or directory": lambda array: array.unlink(),
    "it holds uint8 of shape (2, 24, 24, 3)": lambda array: np.save(array, np.zeros((2, 24, 24, 3), np.uint8)),
    "'crc32'": lambda array: array.with_suffix(".json").write_text('{"conversions": {}}'),
    "Expecting value": lambda array: array.with_suffix(".json").write_text("oh"),
    "list indices must be integers": lambda array: array.with_suffix(".json").write_text("[]"),
    "'odd' is not a valid Conversion": lambda array: array.with_suffix(".json").write_text(
        json.dumps({"crc32": 0, "conversions": {"odd": 1}})
    ),
}


@pytest.mark.parametrize("reason", DAMAGE)
def test_a_damaged_cache_is_made_again_and_said(cache, folder, reason, decoded_counts):
    read(cache, folder)
    array = cached_array(cache)
    DAMAGE[reason](array)
    decoded, (note,) = read(cache, folder)
    pattern = rf"^the cache {re.escape(str(array))} was damaged \(.*{re.escape(reason)}.*\) and has been made again$"
    assert re.search(pattern, note)
    np.testing.assert_array_equal(decoded.images[0], pixels(0))
    assert decoded_counts == [5, 5]
    assert read(cache, folder)[1] == ()
    assert decoded_counts == [5, 5]


def test_a_cache_that_cannot_be_written_is_only_a_note(tmp_path, folder):
    (tmp_path / "file").touch()
    decoded, notes = read(Cache(tmp_path / "file", "labelled"), folder)
    assert len(decoded.images) == 5
    assert notes == (f"the decoded pictures cannot be kept in {tmp_path}/file (File exists)",)
