import numpy as np
import pytest

from nucleoscope.pipeline.peak_memory import begin_peak, peak_mebibytes


def test_a_peak_is_seen_and_forgotten():
    if not begin_peak():
        pytest.skip("this system cannot forget the peak of a process")
    before = peak_mebibytes()
    block = np.ones(64 << 20, np.uint8)
    assert block[-1] == 1
    del block
    assert 55 <= peak_mebibytes() - before <= 80
    begin_peak()
    assert peak_mebibytes() <= before + 20
