"""The journal of a search: one small JSON file a trial, written by the trial itself after every epoch.

It is what the live table and `tuning.csv` are made from, and it survives whatever happens to the search.
"""

import dataclasses
import json
import time
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from nucleoscope.files import write_csv, write_json
from nucleoscope.training.history import Epoch


class Status(StrEnum):
    """What became of a trial."""

    RUNNING = "running"
    FINISHED = "finished"  # all epochs
    STOPPED = "stopped"  # cut short by the scheduler, since others were better
    FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """One configuration that was tried.

    Attributes:
        number: from 1, in the order of their start.
        trial: identity given by the search.
        parameters: what was tried.
        history: its epochs; validation figures are those of the `select` share.
        status: what became of it.
        reason: why it failed, otherwise empty.
        chosen: whether the final model uses its settings.
    """

    number: int
    trial: str
    parameters: dict[str, float | int]
    history: tuple[Epoch, ...] = ()
    status: Status = Status.RUNNING
    reason: str = ""
    chosen: bool = False

    @property
    def metric(self) -> float | None:
        """Accuracy on the `select` share after the last epoch; None if there was none or the trial failed."""
        return None if self.status is Status.FAILED or not self.history else self.history[-1].val_accuracy

    @property
    def seconds(self) -> float:
        """Time in its epochs."""
        return sum(epoch.seconds for epoch in self.history)


@dataclass
class Journal:
    """The file of one trial while it runs."""

    path: Path
    parameters: dict[str, Any]
    history: list[Epoch] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    @classmethod
    def open(cls, path: Path, parameters: dict[str, Any]) -> "Journal":
        """Go on with the file of a trial that was stopped, or begin one."""
        if not path.exists():
            return cls(path, parameters)
        entry = json.loads(path.read_text(encoding="utf-8"))
        return cls(path, parameters, [Epoch(*values) for values in entry["history"]], entry["started"])

    def write(self, status: Status, reason: str = "") -> None:
        """Write what is known now."""
        write_json(
            self.path,
            {
                "started": self.started,
                "parameters": self.parameters,
                "history": [dataclasses.astuple(epoch) for epoch in self.history],
                "status": status,
                "reason": reason,
            },
        )


def read_journal(folder: Path) -> list[Trial]:
    """All trials so far, in the order of their start."""
    entries = [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in folder.glob("[!.]*.json")]
    entries.sort(key=lambda named: (named[1]["started"], named[0]))
    return [
        Trial(
            number,
            name,
            entry["parameters"],
            tuple(Epoch(*values) for values in entry["history"]),
            Status(entry["status"]),
            entry["reason"],
        )
        for number, (name, entry) in enumerate(entries, start=1)
    ]


FIXED_COLUMNS = ("trial", "select_accuracy", "select_loss", "epochs", "status", "reason", "seconds", "chosen")
"""Columns of `tuning.csv` that are no parameter."""


def write_tuning(path: Path, trials: list[Trial]) -> None:
    """Write `tuning.csv`, a row a trial, in the order of their start."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.parameters))
    rows = [
        [
            trial.number,
            "" if trial.metric is None else trial.metric,
            "" if trial.metric is None else trial.history[-1].val_loss,
            len(trial.history),
            trial.status,
            trial.reason,
            round(trial.seconds, 2),
            "yes" if trial.chosen else "no",
            *(trial.parameters.get(name, "") for name in names),
        ]
        for trial in trials
    ]
    write_csv(path, [*FIXED_COLUMNS, *names], rows)
