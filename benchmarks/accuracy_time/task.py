"""What one procedure is asked to do, and the stopwatch that it carries. Nothing heavy is imported here."""

import csv
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PROTOCOL = "random"


class EnoughError(Exception):
    """The procedure may stop, because of "target" or "limit".

    Attributes:
        reason: which; fastai rewrites the message of an exception that passes through it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Task:
    """One fit of one model by one procedure.

    Attributes:
        procedure: name of its module.
        model: model1 or model2.
        seed: of the split and of the fit.
        target: validation accuracy to reach.
        epochs: limit, or length of the schedule; None takes the procedure's own.
        limit: seconds of training after which it is stopped.
        whole: go on after the target is reached.
        same_waiting: peers wait for OpenMP as nucleoscope does, instead of as they come.
        folder: that `prepare` filled.
        out: file of records to append to.
    """

    procedure: str
    model: str
    seed: int
    target: float
    epochs: int | None
    limit: float
    whole: bool
    same_waiting: bool
    folder: str
    out: str

    def to_json(self) -> str:
        """As an argument of a process."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Parts:
    """Picture files with their labels 0..C-1: to learn from, and to validate on."""

    train: list[tuple[Path, int]]
    val: list[tuple[Path, int]]

    @property
    def classes(self) -> int:
        """C."""
        return 1 + max(label for _, label in self.train)


def read_parts(task: Task) -> Parts:
    """The parts of the split that every procedure of this seed uses."""
    folder = Path(task.folder)
    with (folder / "train.csv").open(newline="") as stream:
        labels = {row["Filename"]: int(row["Label"]) for row in csv.DictReader(stream)}
    with split_file(folder, task.seed).open(newline="") as stream:
        part_of = {row["name"]: row["part"] for row in csv.DictReader(stream)}
    found: dict[bool, list[tuple[Path, int]]] = {True: [], False: []}
    for name, part in part_of.items():
        found[part == "val"].append((folder / "train" / name, labels[name]))
    return Parts(found[False], found[True])


def split_file(folder: Path, seed: int) -> Path:
    """The table of the split of a seed."""
    return folder / f"split-{seed}.csv"


def weights_file(folder: Path) -> Path:
    """The pretrained mobilenet_v2 that all procedures start from, its head left out."""
    return folder / "mobilenet_v2.pt"


class Stopwatch:
    """Writes a line an epoch.

    Time runs from here on. What lies between the last step of an epoch and its accuracy is validation, for every
    procedure alike; it is measured apart and taken off.
    """

    def __init__(self, task: Task, parts: Parts) -> None:
        self.task = task
        self.facts = {
            "procedure": task.procedure,
            "model": task.model,
            "seed": task.seed,
            "target": task.target,
            "protocol": PROTOCOL,
            "crops": len(parts.train) + len(parts.val),
            "validation_crops": len(parts.val),
            "same_waiting": task.same_waiting,
            "cores": len(os.sched_getaffinity(0)),
        }
        self.epochs, self.validating = 0, 0.0
        self.started = self.last_step = time.perf_counter()

    def step(self) -> None:
        """A training step has ended.

        Raises:
            EnoughError: the time is over.
        """
        self.last_step = time.perf_counter()
        if self.last_step - self.started - self.validating > self.task.limit:
            raise EnoughError("limit")

    def epoch(self, accuracy: float) -> None:
        """An epoch has ended with this validation accuracy.

        Raises:
            EnoughError: it is what was wanted.
        """
        now = time.perf_counter()
        self.validating += now - self.last_step
        self.epochs += 1
        seconds = now - self.started
        times = {"seconds": round(seconds, 3), "training_seconds": round(seconds - self.validating, 3)}
        self._write({"epoch": self.epochs, **times, "accuracy": accuracy})
        if accuracy >= self.task.target and not self.task.whole:
            raise EnoughError("target")

    def end(self, reason: str) -> None:
        """The procedure has ended, because of "target", "limit" or "epochs"."""
        training = time.perf_counter() - self.started - self.validating
        self._write({"ended": reason, "training_seconds": round(training, 3)})

    def _write(self, found: dict[str, object]) -> None:
        line = json.dumps(self.facts | found)
        with Path(self.task.out).open("a") as stream:
            stream.write(f"{line}\n")
        print(line, flush=True)
