"""`History`: what each epoch of a fit brought."""

import csv
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.files import write_csv


@dataclass(frozen=True)
class Epoch:
    """One pass over the training crops.

    Training loss and accuracy are running means over the augmented batches while the weights move; validation
    is measured at the end of the epoch, without augmentation. Accuracies are fractions.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


HEADER = tuple(field.name for field in dataclasses.fields(Epoch))


def write_history(path: Path, history: list[Epoch]) -> None:
    """Write `history.csv`."""
    write_csv(path, HEADER, (dataclasses.astuple(epoch) for epoch in history))


def read_history(path: Path) -> list[Epoch]:
    """Read what `write_history` wrote."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [Epoch(int(row["epoch"]), *(float(row[name]) for name in HEADER[1:])) for row in rows]
