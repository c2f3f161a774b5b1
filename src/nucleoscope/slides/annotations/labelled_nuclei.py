"""`LabelledNuclei`: where the nuclei of an image are and of which class, whatever format said so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.errors import ConfigError, DataError

LEFT_OUT = "-"
"""Given as the name of a numbered class, leaves its nuclei out."""

WITHOUT_CLASS = "nuclei without a class"


@dataclass(frozen=True)
class LabelledNuclei:
    """N nuclei of one image.

    Attributes:
        kind: format of their file, in words.
        centres: (N, 2) float64 x, y in full-resolution pixels, 0 at the image's left or upper edge.
        labels: N class names.
        patients: N patients, where their file names them.
        skipped: how many objects were left out, by what they are.
    """

    kind: str
    centres: NDArray[np.float64]
    labels: tuple[str, ...]
    patients: tuple[str, ...] | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ClassNumbers:
    """What the numbered classes of a format are called.

    Attributes:
        names: of the numbers from `first` on; the same name twice joins classes, "-" leaves one out.
        first: the least number of a class.
        said_by: who gave the names, for messages.
    """

    names: tuple[str, ...]
    first: int = 1
    said_by: str = "its format"

    def called(self, names: Sequence[str] | None) -> "ClassNumbers":
        """The same with the names that a user gave, if any.

        Raises:
            ConfigError: there are too few or too many.
        """
        if names is None:
            return self
        if len(names) != len(self.names):
            raise ConfigError(
                f"--classes has {counted(len(names), 'name')}; expected {len(self.names)}, one for each of "
                f"{', '.join(self.names)} in this order ({LEFT_OUT} leaves a class out)"
            )
        return ClassNumbers(tuple(names), self.first, "--classes")


def name_numbers(
    kind: str, where: str, centres: NDArray[np.float64], numbers: NDArray[np.int64], classes: ClassNumbers
) -> LabelledNuclei:
    """Nuclei whose class is a number; those of no class, and of classes that are left out, are counted.

    Args:
        kind: format of their file, in words.
        where: the file, for messages.
        centres: (N, 2).
        numbers: (N,) below the first number is no class.
        classes: what the numbers mean.

    Raises:
        DataError: a number has no name.
    """
    places = numbers - classes.first
    unknown = np.unique(numbers[places >= len(classes.names)])
    if len(unknown):
        raise DataError(
            f"{where} has nuclei of class {listed([str(number) for number in unknown.tolist()])}; expected "
            f"{classes.first} to {classes.first + len(classes.names) - 1} ({', '.join(classes.names)}): check that it "
            f"is {kind}"
        )
    names = [classes.names[place] if place >= 0 else "" for place in places.tolist()]
    kept = np.array([name not in ("", LEFT_OUT) for name in names], np.bool_)
    skipped = {WITHOUT_CLASS: names.count(""), "nuclei of classes that --classes leaves out": names.count(LEFT_OUT)}
    return LabelledNuclei(
        kind,
        centres[kept],
        tuple(name for name, keep in zip(names, kept.tolist(), strict=True) if keep),
        skipped={words: count for words, count in skipped.items() if count},
    )
