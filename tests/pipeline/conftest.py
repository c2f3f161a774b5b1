"""What tests of runs have in common."""

import pytest

from nucleoscope.pipeline import run as run_module


def _shorten(patch):
    for stage in ("engines", "explain"):
        patch.setitem(run_module.STAGES, stage, lambda *_: None)


@pytest.fixture
def short_run(monkeypatch):
    """Runs without engines and explanations, which cost most of a tiny one; `test_run.py` has a whole one."""
    _shorten(monkeypatch)


@pytest.fixture(scope="module")
def short_runs():
    """The same for all runs of a module."""
    with pytest.MonkeyPatch.context() as patch:
        _shorten(patch)
        yield
