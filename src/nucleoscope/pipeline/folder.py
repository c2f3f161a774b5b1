"""`RunFolder`: the names of a run's files, and the record `run.json` that says what is done.

A stage is done when `run.json` names its seconds; that line is written after all files of the stage.
"""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleoscope.errors import RunFolderError
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.peak_memory import begin_peak, peak_mebibytes

RECORD = "run.json"
RUNS = "runs.json"
"""Names the runs that a folder holds, where it holds several."""
_RECORDED = ("source", "test", "settings", "weights", "fingerprint", "stages")


@dataclass(frozen=True)
class ModelFolder:
    """The files of one model."""

    path: Path

    @property
    def tuning_csv(self) -> Path:
        """One row a trial."""
        return self.path / "tuning.csv"

    @property
    def tuning_png(self) -> Path:
        """Picture of the search."""
        return self.path / "tuning.png"

    @property
    def selection(self) -> Path:
        """What was chosen on the `select` share, and how it did there."""
        return self.path / "selection.json"

    @property
    def search(self) -> Path:
        """State of a search under way; removed when the choice is made."""
        return self.path / "search"

    @property
    def checkpoint(self) -> Path:
        """State of the final fit under way; removed when the bundle is written."""
        return self.path / "checkpoint.pt"

    @property
    def history(self) -> Path:
        """One row an epoch of the final fit."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """Picture of the history."""
        return self.path / "curves.png"

    @property
    def other_balance(self) -> Path:
        """What the same fit with the other class weights (none, or some) gets right, where that was asked for."""
        return self.path / "other_balance.json"

    @property
    def explanations(self) -> Path:
        """Pages of attribution maps."""
        return self.path / "explanations"

    @property
    def nucleus(self) -> Path:
        """What the model gets right without the nucleus, and with nothing else."""
        return self.path / "nucleus.json"

    @property
    def nucleus_png(self) -> Path:
        """Picture of it."""
        return self.path / "nucleus.png"

    @property
    def bundle(self) -> Path:
        """The trained classifier."""
        return self.path / "model"

    @property
    def metrics(self) -> Path:
        """Figures on the validation crops."""
        return self.path / "metrics.json"

    @property
    def predictions(self) -> Path:
        """One row a validation crop."""
        return self.path / "predictions.csv"

    @property
    def confusion_csv(self) -> Path:
        """Rows true, columns predicted."""
        return self.path / "confusion.csv"

    @property
    def confusion_png(self) -> Path:
        """Picture of it."""
        return self.path / "confusion.png"

    @property
    def reliability(self) -> Path:
        """Reliability diagram."""
        return self.path / "reliability.png"

    @property
    def submission(self) -> Path:
        """Predictions of the test set."""
        return self.path / "submission.csv"

    @property
    def review(self) -> Path:
        """Labels that are likely wrong, and the folds that found them."""
        return self.path / "review"

    def begin_again(self, stage: str) -> None:
        """Remove what a stage would go on from."""
        if stage == "tune":
            self.selection.unlink(missing_ok=True)
            self.drop_search()
        if stage in ("train", "compare"):
            self.checkpoint.unlink(missing_ok=True)

    def drop_search(self) -> None:
        """Remove the state of a search; a stop half way leaves none, or all of it."""
        rubbish = self.path / ".search-removed"
        shutil.rmtree(rubbish, ignore_errors=True)
        if self.search.exists():
            self.search.rename(rubbish)
            shutil.rmtree(rubbish)


@dataclass(frozen=True)
class RunFolder:
    """A run on disk."""

    path: Path

    @property
    def audit(self) -> Path:
        """Which crops share pixels, and what the split leaks."""
        return self.path / "audit.json"

    @property
    def split(self) -> Path:
        """Part and tile of every crop."""
        return self.path / "split.csv"

    @property
    def tiles(self) -> Path:
        """Tile and place of every crop, test crops too."""
        return self.path / "tiles.csv"

    @property
    def outermost(self) -> Path:
        """The folder that was given with --out: of several runs in one, the one that holds them all."""
        folder = self.path.resolve()
        while (folder.parent / RUNS).is_file():
            folder = folder.parent
        return folder

    @property
    def cache(self) -> Path:
        """Decoded crops, beside the outermost folder of the run so that several runs share them."""
        return self.outermost.parent / ".nucleoscope-cache"

    @property
    def decisions(self) -> Path:
        """What people decided about labels; one file for all runs in a folder, since they share their crops."""
        return self.outermost / "decisions.sqlite"

    def model(self, kind: Kind) -> ModelFolder:
        """The files of one model."""
        return ModelFolder(self.path / kind)

    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / RECORD).is_file()

    def read(self) -> dict[str, Any]:
        """The record.

        Raises:
            RunFolderError: there is none, or it is damaged.
        """
        if (self.path / RUNS).is_file():
            inner = ", ".join(json.loads((self.path / RUNS).read_text(encoding="utf-8"))["runs"])
            raise RunFolderError(f'"{self.path}" holds several runs ({inner}); expected one: name one of these folders')
        if not self.exists():
            raise RunFolderError(
                f'"{self.path}" is no run folder: it has no {RECORD}; expected what `nucleoscope run` wrote'
            )
        try:
            record: dict[str, Any] = json.loads((self.path / RECORD).read_text(encoding="utf-8"))
        except ValueError as failure:
            raise RunFolderError(
                f'"{self.path / RECORD}" is damaged ({failure}); start again with another --out'
            ) from failure
        missing = [name for name in _RECORDED if not isinstance(record, dict) or name not in record]
        if missing:
            raise RunFolderError(
                f'"{self.path / RECORD}" has no {", ".join(missing)}; expected what `nucleoscope run` wrote: '
                "start again with another --out"
            )
        return record

    def write(self, record: dict[str, Any]) -> None:
        """Write the record in one step."""
        write_json(self.path / RECORD, record)

    def done(self, stage: str) -> bool:
        """Whether a stage was finished."""
        return stage in self.read()["stages"]

    def forget(self, stages: list[str]) -> None:
        """Count stages as not done."""
        record = self.read()
        for kept in ("stages", "memory"):
            record[kept] = {name: value for name, value in record.get(kept, {}).items() if name not in stages}
        self.write(record)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Run a stage; when the block ends well, its seconds and MiB are added to the record."""
        started, measures = time.perf_counter(), begin_peak()
        yield
        record = self.read()
        if measures:
            record.setdefault("memory", {})[stage] = peak_mebibytes()
        record["stages"][stage] = round(time.perf_counter() - started, 2)
        self.write(record)
