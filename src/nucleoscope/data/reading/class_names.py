"""What the classes are called: as an argument or `classes.json` says, or by labels and folders."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nucleoscope.data.reading.sources import PictureSource
from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.errors import DataError

CLASSES_FILE = "classes.json"
REFERENCE_CLASSES = ("normal epithelium", "cancer epithelium", "muscle", "immune leukocyte")


@dataclass(frozen=True)
class Naming:
    """Class names that somebody gave.

    Attributes:
        where: who gave them, to begin a message with.
        names: in the order of the classes.
        keys: label or class folder of each name, or None where the order alone tells.
    """

    where: str
    names: tuple[str, ...]
    keys: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check the names.

        Raises:
            DataError: a name is empty or there twice.
        """
        if not all(name.strip() for name in self.names):
            raise DataError(f"{self.where}: a class name is empty; expected a name for each class")
        doubled = [name for name, count in Counter(self.names).items() if count > 1]
        if doubled:
            raise DataError(f"{self.where}: the class name {listed(doubled)} is there twice; expected different names")

    def mentions(self, folder: str) -> bool:
        """Whether a folder of this name is one of the classes."""
        return folder in (self.names if self.keys is None else self.keys)


def naming_from_argument(classes: Sequence[str] | None) -> Naming | None:
    """Class names as given to `read_dataset`."""
    return Naming("classes", tuple(classes)) if classes else None


def naming_from_file(folder: Path) -> Naming | None:
    """Class names as `classes.json` in a folder gives them, if it is there.

    Raises:
        DataError: it cannot be read or is of an unknown form.
    """
    path = folder / CLASSES_FILE
    try:
        return naming_from_json(path.read_bytes(), str(path)) if path.exists() else None
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}); expected a JSON file") from error


def naming_from_source(source: PictureSource) -> Naming | None:
    """Class names as the `classes.json` nearest to the top of a source gives them, if there is one.

    Raises:
        DataError: it cannot be read or is of an unknown form.
    """
    found = [file.name for file in source.files if PurePosixPath(file.name).name == CLASSES_FILE]
    if not found:
        return None
    nearest = min(found, key=lambda name: name.count("/"))
    return naming_from_json(source.read(nearest), str(source.path / nearest))


def naming_from_json(content: bytes, where: str) -> Naming:
    """Read a `classes.json`: a list of names, or an object from label or folder to name.

    Raises:
        DataError: it is not JSON or of another form.
    """
    try:
        value: Any = json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise DataError(f"{where} is not valid JSON ({error}): correct it") from error
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return Naming(where, tuple(value))
    if isinstance(value, dict) and all(isinstance(name, str) for name in value.values()):
        return Naming(where, tuple(value.values()), tuple(value))
    raise DataError(
        f"{where} has an unknown form; expected a list of names, or an object from label to name such as "
        '{"0": "muscle"}'
    )


def name_labels(values: Sequence[int], naming: Naming | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names for the labels of a table.

    Args:
        values: the distinct labels, sorted.
        naming: what is known, if anything.

    Returns:
        A name for each label, and notes.

    Raises:
        DataError: the naming does not fit the labels.
    """
    if naming is None:
        if tuple(values) == (0, 1, 2, 3):
            named = ", ".join(REFERENCE_CLASSES)
            return REFERENCE_CLASSES, (
                f"the labels 0 to 3 were taken for {named}; if they are others, name them in {CLASSES_FILE}",
            )
        return tuple(f"class {value}" for value in values), ()
    if naming.keys is None:
        if len(naming.names) != len(values):
            raise DataError(
                f"{naming.where} has {counted(len(naming.names), 'name')} for "
                f"{counted(len(values), 'label')} ({listed([str(value) for value in values])}); "
                "expected a name for each, in the order of the labels"
            )
        return naming.names, ()
    return _look_up([str(value) for value in values], naming, "label")


def name_folders(
    folders: Sequence[str], naming: Naming | None, noun: str = "class folder"
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Order and names of class folders, or of labels that are words.

    A list of the folders' own names sets the order of the classes; a list of entirely other names renames the
    folders in their natural order; a mixture is taken for a misspelling.

    Args:
        folders: their names in natural order.
        naming: what is known, if anything.
        noun: what they are, for messages.

    Returns:
        The folders in the order of the classes, a name for each, and notes.

    Raises:
        DataError: the naming does not fit the folders.
    """
    if naming is None:
        return tuple(folders), tuple(folders), ()
    if naming.keys is not None:
        return tuple(folders), *_look_up(folders, naming, noun)
    if set(naming.names) == set(folders):
        return naming.names, naming.names, ()
    if len(naming.names) != len(folders):
        raise DataError(
            f"{naming.where} has {counted(len(naming.names), 'name')} for "
            f"{counted(len(folders), noun)} ({listed(folders)}); expected a name for each"
        )
    unknown = [name for name in naming.names if name not in folders]
    if len(unknown) < len(folders):
        raise DataError(
            f"{naming.where} has names that are no {noun} ({listed(unknown)}) beside names that are; "
            f"expected the {noun.split()[-1]}s ({listed(folders)}) in any order, or new names for all of them"
        )
    return tuple(folders), naming.names, ()


def _look_up(keys: Sequence[str], naming: Naming, noun: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names: Mapping[str, str] = dict(zip(naming.keys or (), naming.names, strict=True))
    missing = [key for key in keys if key not in names]
    if missing:
        raise DataError(
            f"{naming.where} names no {noun} {listed(missing)}; expected a name for each of "
            f"{counted(len(keys), noun)}: add what is missing"
        )
    spare = [key for key in names if key not in keys]
    notes = (f"{naming.where} names {counted(len(spare), noun)} that no crop has ({listed(spare)})",) if spare else ()
    return tuple(names[key] for key in keys), notes
