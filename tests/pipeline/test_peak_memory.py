import mmap

import pytest

from nucleoscope.pipeline.peak_memory import begin_peak, peak_mebibytes


def test_a_peak_is_seen_and_forgotten():
    if not begin_peak():
        pytest.skip("this system cannot forget the peak of a process")
    before = peak_mebibytes()
    with mmap.mmap(-1, 64 << 20) as block:  # from the system: what the process freed before could serve an array
        block.write(bytes(64 << 20))
        assert block[-1] == 0
    assert 55 <= peak_mebibytes() - before <= 160
    begin_peak()
    assert peak_mebibytes() <= before + 80
