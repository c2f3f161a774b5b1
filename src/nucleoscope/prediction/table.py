"""The tables of predictions: `predictions.csv` for people, `submission.csv` for a competition."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.files import write_csv


def write_predictions(
    path: Path,
    names: Sequence[str],
    classes: Sequence[str],
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64] | None = None,
    sets: NDArray[np.bool_] | None = None,
) -> None:
    """Write name, label (where it is known), predicted class, one probability a class, and the set (if given).

    Args:
        path: of the CSV.
        names: N names of crops.
        classes: C names.
        probabilities: (N, C).
        labels: (N,), or None.
        sets: (N, C) which classes are possible, or None; they are joined by "|" in the last column, `set`.
    """
    predicted = probabilities.argmax(axis=1)

    def row(i: int, name: str) -> list[str]:
        known = [] if labels is None else [classes[labels[i]]]
        possible = [] if sets is None else ["|".join(c for c, is_in in zip(classes, sets[i], strict=True) if is_in)]
        return [name, *known, classes[predicted[i]], *(f"{p:.6f}" for p in probabilities[i]), *possible]

    # A row at a time: the table of a million crops is larger than all that it is made from.
    rows = (row(i, name) for i, name in enumerate(names))
    header = ["name", *([] if labels is None else ["label"]), "predicted", *classes]
    write_csv(path, [*header, *([] if sets is None else ["set"])], rows)


@dataclass(frozen=True)
class Predictions:
    """The content of a `predictions.csv` with labels.

    Attributes:
        names: N names of crops.
        classes: C names.
        labels: (N,).
        probabilities: (N, C).
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def read_predictions(path: Path) -> Predictions:
    """Read what `write_predictions` wrote with labels."""
    with path.open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    classes = tuple(header[3:])
    return Predictions(
        names=tuple(row[0] for row in rows),
        classes=classes,
        labels=np.array([classes.index(row[1]) for row in rows], np.int64),
        probabilities=np.array([row[3:] for row in rows], np.float64),
    )


def write_submission(
    path: Path, names: Sequence[str], label_values: Sequence[int], probabilities: NDArray[np.float64]
) -> None:
    """Write `Filename,Label` in the order of `names`, with the labels as the data set writes them."""
    rows = ((name, label_values[c]) for name, c in zip(names, probabilities.argmax(axis=1), strict=True))
    write_csv(path, ["Filename", "Label"], rows)
