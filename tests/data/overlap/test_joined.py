"""Joined arrays hold the same crops in the same order, wherever they are kept."""

import numpy as np
import pytest

from nucleoscope.data.overlap import joined as module
from nucleoscope.data.overlap.joined import joined


@pytest.fixture
def parts():
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (count, 24, 30, 3), dtype=np.uint8) for count in (5, 1, 7)]


def mapped(part, path):
    np.save(path, part)
    return np.load(path, mmap_mode="r")


def test_one_array_is_itself(parts):
    with joined(parts[:1]) as images:
        assert images is parts[0]


def test_small_arrays_are_joined_in_memory(parts):
    with joined(parts) as images:
        assert not isinstance(images, np.memmap)
        np.testing.assert_array_equal(images, np.concatenate(parts))


def test_mapped_arrays_are_joined_on_disk(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(module, "_CROPS_AT_ONCE", 2)
    with joined([mapped(parts[0], tmp_path / "a.npy"), *parts[1:]]) as images:
        assert isinstance(images, np.memmap)
        np.testing.assert_array_equal(images, np.concatenate(parts))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_large_arrays_are_joined_on_disk(parts, monkeypatch):
    monkeypatch.setattr(module, "IN_MEMORY", sum(part.nbytes for part in parts) - 1)
    with joined(parts) as images:
        assert isinstance(images, np.memmap)
        np.testing.assert_array_equal(images, np.concatenate(parts))
