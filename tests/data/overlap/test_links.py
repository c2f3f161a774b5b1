"""Links packed into keys: nothing lost, order kept, counts exact."""

import re
from collections import Counter

import numpy as np
import pytest

from nucleoscope.data.overlap.links import KeyCounts, LinkKeys
from nucleoscope.errors import DataError


def random_links(seed, count, height, width):
    rng = np.random.default_rng(seed)
    links = np.column_stack(
        [
            rng.integers(0, count, (500, 2)),
            rng.integers(1 - width, width, 500),
            rng.integers(1 - height, height, 500),
            rng.integers(0, 8, 500),
        ]
    )
    return links[np.lexsort(links.T[::-1])]


@pytest.mark.parametrize(("count", "height", "width"), [(2, 8, 8), (1_000_000, 100, 60), (9, 512, 24)])
def test_keys_keep_every_row_and_their_order(count, height, width):
    links = random_links(0, count, height, width)
    keys = LinkKeys(count, (height, width))
    packed = keys.pack(links)
    assert (np.diff(packed) >= 0).all()
    np.testing.assert_array_equal(keys.unpack(packed), links)


def test_a_million_large_crops_fit():
    keys = LinkKeys(1_000_000, (512, 512))
    last = np.array([[999_999, 999_999, 511, 511, 7]])
    np.testing.assert_array_equal(keys.unpack(keys.pack(last)), last)


def test_too_many_crops_are_refused():
    message = (
        "100,000,000 crops of 100x100 pixels are too many to compare at once; "
        "expected at most 5,395,687: look for overlaps in parts of them"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        LinkKeys(100_000_000, (100, 100))


def test_counts_are_exact_however_keys_arrive():
    rng = np.random.default_rng(0)
    found, expected = KeyCounts(), Counter()
    for size in (5, 0, 1_000, 3, 3, 200, 5_000, 1):
        keys = rng.integers(0, 900, size)
        found.add(keys)
        expected.update(keys.tolist())
    keys, counts = found.result()
    assert (np.diff(keys) > 0).all()
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == expected


def test_no_keys_are_no_counts():
    keys, counts = KeyCounts().result()
    assert (len(keys), len(counts)) == (0, 0)
