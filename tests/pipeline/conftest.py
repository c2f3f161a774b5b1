"""What tests of runs have in common."""

import pytest

from nucleoscope.pipeline import run as run_module


def _leave_out(patch):
    patch.setitem(run_module.STAGES, "explain", lambda *_: None)


@pytest.fixture
def unexplained(monkeypatch):
    """Runs without explanations: these cost most of a short run, and `test_run.py` has one run that looks at them."""
    _leave_out(monkeypatch)


@pytest.fixture(scope="module")
def all_unexplained():
    """The same for all runs of a module."""
    with pytest.MonkeyPatch.context() as patch:
        _leave_out(patch)
        yield
