"""Labelled pictures that have been found but not decoded yet."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.reading.corrections import apply_corrections
from nucleoscope.data.reading.sources import SourceFile
from nucleoscope.data.reading.wording import counted, shown
from nucleoscope.errors import DataError

MIN_CROPS = 2


@dataclass(frozen=True)
class Labelled:
    """Labelled picture files; all parts have the order of `files`.

    Attributes:
        files: N pictures of a source: crops, or, the same ones many times, the fields to cut them from.
        names: N unique names.
        labels: (N,) int64 in 0..C-1.
        classes: C class names.
        label_values: C labels as they are in the user's files and in a submission.
        groups: N names of what each crop was cut from, or None.
        notes: what a person should know, in sentences.
        places: the field of each crop, and where it was or is to be cut there; None where it is not known.
    """

    files: tuple[SourceFile, ...]
    names: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    label_values: tuple[int, ...]
    groups: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    places: FieldPlaces | None = None


def correct(labelled: Labelled, corrections: Path | None) -> Labelled:
    """The same with labels corrected and crops left out as a file says, if there is one.

    This comes before decoding, so that crops that are dropped are not decoded.

    Raises:
        DataError: the file cannot be used.
    """
    if corrections is None:
        return labelled
    found = apply_corrections(corrections, labelled.names, labelled.labels, labelled.classes, labelled.label_values)
    kept = found.kept.tolist()
    return replace(
        labelled,
        files=tuple(labelled.files[i] for i in kept),
        names=tuple(labelled.names[i] for i in kept),
        labels=found.labels,
        groups=None if labelled.groups is None else tuple(labelled.groups[i] for i in kept),
        notes=(*labelled.notes, found.note),
        places=None if labelled.places is None else labelled.places.subset(kept),
    )


def check_classes(labelled: Labelled, where: Path) -> None:
    """Check that there is something to tell apart, and enough of each class to train and validate on.

    Raises:
        DataError: there is one class only, or a class has a single crop.
    """
    if len(labelled.classes) < 2:
        raise DataError(
            f'{where} has only one class, "{shown(labelled.classes[0])}"; expected two or more: add crops of another'
        )
    counts = np.bincount(labelled.labels, minlength=len(labelled.classes))
    for name, count in zip(labelled.classes, counts.tolist(), strict=True):
        if count < MIN_CROPS:
            raise DataError(
                f'{where}: class "{shown(name)}" has {counted(count, "crop")}; every class needs at least {MIN_CROPS}: '
                "add crops or remove the class"
            )
