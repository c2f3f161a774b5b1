"""nucleoscope: train a nucleus classifier you can trust, and run it where you work.

The names in `__all__` are the Python interface; each is imported when it is first used, since torch takes
seconds to load.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# OpenMP reads these once, when torch loads it. A pool that spins while it waits is fast alone and many times slower
# beside another busy process; one that sleeps at once is the reverse. A short spin loses little in either case; see
# docs/benchmarks.md.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

if TYPE_CHECKING:
    from nucleoscope.data.crops import Crops
    from nucleoscope.data.overlap import find_overlaps
    from nucleoscope.data.overlap.tolerance import Tolerance
    from nucleoscope.data.reading import read_dataset, read_pictures
    from nucleoscope.errors import NucleoscopeError
    from nucleoscope.models.bundle import Bundle, load_bundle
    from nucleoscope.pipeline.audit import Audit, audit
    from nucleoscope.pipeline.both import run_both
    from nucleoscope.pipeline.folds import run_folds
    from nucleoscope.pipeline.run import run
    from nucleoscope.pipeline.settings import RunSettings
    from nucleoscope.prediction.probabilities import predict_probabilities
    from nucleoscope.report.comparison import write_comparison
    from nucleoscope.report.writing import write_report

_HOME = {
    "Audit": "pipeline.audit",
    "Bundle": "models.bundle",
    "Crops": "data.crops",
    "NucleoscopeError": "errors",
    "RunSettings": "pipeline.settings",
    "Tolerance": "data.overlap.tolerance",
    "audit": "pipeline.audit",
    "find_overlaps": "data.overlap",
    "load_bundle": "models.bundle",
    "predict_probabilities": "prediction.probabilities",
    "read_dataset": "data.reading",
    "read_pictures": "data.reading",
    "run": "pipeline.run",
    "run_both": "pipeline.both",
    "run_folds": "pipeline.folds",
    "write_comparison": "report.comparison",
    "write_report": "report.writing",
}

__all__ = [
    "Audit",
    "Bundle",
    "Crops",
    "NucleoscopeError",
    "RunSettings",
    "Tolerance",
    "audit",
    "find_overlaps",
    "load_bundle",
    "predict_probabilities",
    "read_dataset",
    "read_pictures",
    "run",
    "run_both",
    "run_folds",
    "write_comparison",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Import a public name from where it lives."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
