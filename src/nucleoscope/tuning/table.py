"""`TriedOut`: a line of `tuning.csv`, and how these are read."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.tuning.journal import FIXED_COLUMNS, Status


@dataclass(frozen=True)
class TriedOut:
    """One configuration that a search tried.

    Attributes:
        number: from 1, in the order of their start.
        metric: accuracy on the `select` share after its last epoch; None if it failed before there was one.
        epochs: that it ran.
        status: what became of it.
        reason: why it failed, otherwise empty.
        seconds: in its epochs.
        chosen: whether the final model uses its settings.
        parameters: what was tried.
    """

    number: int
    metric: float | None
    epochs: int
    status: Status
    reason: str
    seconds: float
    chosen: bool
    parameters: dict[str, float]


def read_tuning(path: Path) -> list[TriedOut]:
    """Read what `write_tuning` wrote."""
    with path.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        names = [name for name in reader.fieldnames or () if name not in FIXED_COLUMNS]
        return [_tried(row, names) for row in reader]


def _tried(row: dict[str, str], names: Sequence[str]) -> TriedOut:
    return TriedOut(
        number=int(row["trial"]),
        metric=float(row["select_accuracy"]) if row["select_accuracy"] else None,
        epochs=int(row["epochs"]),
        status=Status(row["status"]),
        reason=row["reason"],
        seconds=float(row["seconds"]),
        chosen=row["chosen"] == "yes",
        parameters={name: float(row[name]) for name in names if row[name]},
    )
