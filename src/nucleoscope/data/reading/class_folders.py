"""A folder per class, in a folder or a zip: `muscle/1.png`, `leukocyte/1.png`, and perhaps `test/`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import PurePosixPath

import numpy as np

from nucleoscope.data.reading.class_names import Naming, name_folders
from nucleoscope.data.reading.competition import LABELS_FILE, TEST_NAME
from nucleoscope.data.reading.labelled import Labelled
from nucleoscope.data.reading.sources import PictureSource, SourceFile, SubfolderSource, pictures
from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError

LAYOUTS = (
    f"expected {LABELS_FILE} (Filename,Label) beside train/ or train.zip, or a folder of PNG, JPEG, TIFF or "
    "BMP pictures for each class, also as a zip, or fields with a CSV (x,y,label) of the same name beside each, or "
    "the word demo"
)
_TRAIN_NAME = "train"
_VALIDATION_NAMES = frozenset({"val", "valid", "validation"})


class _Role(Enum):
    CLASS = auto()
    VALIDATION = auto()
    TEST = auto()
    EMPTY = auto()


@dataclass(frozen=True)
class ClassFolders:
    """Class folders that have been found.

    Attributes:
        root: the folder right above them.
        folders: their names, in natural order.
        test: the folder of the test set, if there is one.
        notes: what a person should know, in sentences.
    """

    root: PictureSource
    folders: tuple[str, ...]
    test: PictureSource | None = None
    notes: tuple[str, ...] = ()


def find_class_folders(source: PictureSource, naming: Naming | None) -> ClassFolders:
    """Find the class folders of a source.

    - A folder `test` beside them is the test set, unless the class names mention it.
    - Of `train/<class>/`, `val/<class>/` and `test/`, the classes of `train/` are read; val is left out.
    - A single folder around all of this is looked into.

    Raises:
        DataError: there are no pictures, or not in two or more folders.
    """
    _refuse_table(source)
    roles = _roles(source, naming)
    classes = tuple(folder for folder, role in roles.items() if role is _Role.CLASS)
    test = next((SubfolderSource(source, folder) for folder, role in roles.items() if role is _Role.TEST), None)
    notes = _notes(source, roles)
    if not classes:
        raise _no_class_folders(source)
    if len(classes) > 1:
        return ClassFolders(source, classes, test, notes)
    inner = SubfolderSource(source, classes[0])
    if _Role.CLASS not in _roles(inner, naming).values():
        raise DataError(f'{source.path} has only one class folder, "{shown(classes[0])}"; {LAYOUTS}')
    found = find_class_folders(inner, naming)
    return replace(found, test=test or found.test, notes=notes + found.notes)


def read_labelled(found: ClassFolders, naming: Naming | None) -> Labelled:
    """Label each picture by its folder; crops are sorted by class, then by name, and named `class/file`.

    `label_values` are the folders' names where these are integers, else 0..C-1.

    Raises:
        DataError: the class names do not fit the folders.
    """
    order, classes, notes = name_folders(found.folders, naming)
    of_folder: dict[str, list[SourceFile]] = {folder: [] for folder in order}
    for file in pictures(found.root):
        if (top := _top(file.name)) in of_folder:
            of_folder[top].append(file)
    files = tuple(file for folder in order for file in of_folder[folder])
    return Labelled(
        files=files,
        names=tuple(file.name for file in files),
        labels=np.repeat(np.arange(len(order), dtype=np.int64), [len(of_folder[folder]) for folder in order]),
        classes=classes,
        label_values=label_values(order),
        notes=found.notes + notes,
    )


def _roles(source: PictureSource, naming: Naming | None) -> dict[str, _Role]:
    """What each folder at the top of a source is for, in natural order."""
    with_pictures = {_top(file.name) for file in pictures(source)}
    folders = [name for name in source.folders if "/" not in name]
    has_train = any(folder.casefold() == _TRAIN_NAME for folder in folders)
    roles = {}
    for folder in folders:
        name = folder.casefold()
        mentioned = naming is not None and naming.mentions(folder)
        if name == TEST_NAME and not mentioned:
            roles[folder] = _Role.TEST
        elif folder not in with_pictures:
            roles[folder] = _Role.EMPTY
        elif name in _VALIDATION_NAMES and has_train and not mentioned:
            roles[folder] = _Role.VALIDATION
        else:
            roles[folder] = _Role.CLASS
    return roles


def _notes(source: PictureSource, roles: dict[str, _Role]) -> tuple[str, ...]:
    notes = [
        f"{folder}/ was left out: validation crops are split from {_TRAIN_NAME}/"
        for folder, role in roles.items()
        if role is _Role.VALIDATION
    ]
    empty = [f"{folder}/" for folder, role in roles.items() if role is _Role.EMPTY]
    if empty:
        notes.append(f"{counted(len(empty), 'folder')} without pictures left out: {listed(empty)}")
    loose = [file.name for file in pictures(source) if "/" not in file.name]
    if loose:
        notes.append(f"{counted(len(loose), 'picture')} in no class folder left out: {listed(loose)}")
    return tuple(notes)


def _refuse_table(source: PictureSource) -> None:
    """Stop at a competition that lies deeper, or in a zip: its folders `train` and `test` are no classes."""
    for file in source.files:
        if PurePosixPath(file.name).name == LABELS_FILE:
            raise DataError(
                f"{source.path / file.name} is a label table inside of what was given: give the folder that "
                "holds it instead, unpacked if it is in a zip"
            )


def _no_class_folders(source: PictureSource) -> DataError:
    count = len(pictures(source))
    if not count:
        return DataError(f"{source.path} holds no pictures; {LAYOUTS}")
    return DataError(f"{source.path} holds {counted(count, 'picture')} but no labels; {LAYOUTS}")


def label_values(folders: Sequence[str]) -> tuple[int, ...]:
    """The integers that class folders or labels are named by, or 0..C-1 where these are words."""
    if all(re.fullmatch(r"-?[0-9]{1,18}", folder) for folder in folders):
        values = tuple(int(folder) for folder in folders)
        if len(set(values)) == len(values):
            return values
    return tuple(range(len(folders)))


def _top(name: str) -> str:
    return name.split("/")[0] if "/" in name else ""
