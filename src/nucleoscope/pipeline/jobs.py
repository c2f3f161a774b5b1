"""The jobs of `nucleoscope run`: one run, several folds, or both protocols."""

from pathlib import Path

from nucleoscope.pipeline.both import run_both
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.folds import run_folds
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings


def run_job(
    source: str | Path,
    out: Path,
    settings: RunSettings,
    *,
    both: bool = False,
    folds: int | None = None,
    test: Path | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
) -> RunFolder:
    """Do the job that is asked for; see `run`, `run_folds` and `run_both`."""
    if both:
        return run_both(source, out, settings, folds=folds, test=test, resume=resume, reporter=reporter)
    if folds is not None:
        return run_folds(source, out, folds, settings, test=test, resume=resume, reporter=reporter)
    return run(source, out, settings, test=test, resume=resume, reporter=reporter)
