"""Buckets: what goes in comes out, equal hashes together, in memory or through files."""

import re
import shutil
import tempfile

import numpy as np
import pytest

from nucleoscope.data.overlap import spilling
from nucleoscope.data.overlap.spilling import Buckets
from nucleoscope.errors import DataError

KIND = np.dtype([("hash", np.uint64), ("place", np.int64)])
LARGEST = 2**60


def records(seed, count=5_000, hashes=700):
    rng = np.random.default_rng(seed)
    made = np.empty(count, KIND)
    made["hash"] = rng.choice(rng.integers(0, LARGEST + 1, hashes, dtype=np.uint64), count)
    made["place"] = np.arange(count)
    return made


def collected(made, monkeypatch, limit):
    monkeypatch.setattr(spilling, "BYTES_IN_MEMORY", limit * KIND.itemsize)
    with Buckets(KIND, len(made), LARGEST) as buckets:
        for some in np.array_split(made, 7):
            buckets.add(some)
        return list(buckets)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("limit", "parts"), [(5_000, 1), (4_999, 2), (600, 9)])
def test_equal_hashes_come_back_together_and_in_order(monkeypatch, seed, limit, parts):
    made = records(seed)
    got = collected(made, monkeypatch, limit)
    assert len(got) == parts
    for part in got:
        assert (np.diff(part["place"]) > 0).all()
    hashes = [set(part["hash"].tolist()) for part in got]
    assert len(set.union(*hashes)) == sum(map(len, hashes)) == len(set(made["hash"].tolist()))
    everything = np.concatenate(got)
    np.testing.assert_array_equal(everything[np.argsort(everything["place"])], made)


def test_extreme_hashes_have_a_part(monkeypatch):
    made = np.zeros(10, KIND)
    made["hash"][5:] = LARGEST
    assert [len(part) for part in collected(made, monkeypatch, 5)] == [5, 5]


def test_nothing_in_is_nothing_out(monkeypatch):
    assert [len(part) for part in collected(np.empty(0, KIND), monkeypatch, 5)] == [0]


def test_the_files_are_gone_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(spilling, "BYTES_IN_MEMORY", 16_000)
    with Buckets(KIND, 5_000, LARGEST) as buckets:
        buckets.add(records(0))
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_said_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10, 5, 3_000_000_000))
    message = (
        "looking for overlaps among so many crops needs 16.0 GB for temporary files, and "
        f"{tmp_path} has 3.0 GB left: set TMPDIR to a folder with more"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"), Buckets(KIND, 1_000_000_000):
        pass
