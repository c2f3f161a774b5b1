"""Fields with a CSV of nuclei beside each: `img1.png` and `img1.csv`, in a folder or a zip."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np

from nucleoscope.data.field_places import FieldPlaces
from nucleoscope.data.mirror import corners_around
from nucleoscope.data.reading.class_folders import label_values
from nucleoscope.data.reading.class_names import Naming, name_folders
from nucleoscope.data.reading.field_pictures import picture_sizes
from nucleoscope.data.reading.field_resolution import common_mpp, crop_size_for
from nucleoscope.data.reading.field_tables import FieldTable, check_inside, has_coordinates, read_field_table
from nucleoscope.data.reading.labelled import Labelled
from nucleoscope.data.reading.sources import PictureSource, SourceFile, is_picture, natural_key
from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError

_CENTRES = ".centres.csv"
"""Ends the name of a table of all nuclei of a field, without labels; it is not read."""


@dataclass(frozen=True)
class FieldFiles:
    """A field and its table.

    Attributes:
        name: the path of the picture below its source, without the suffix.
        picture: the file of the picture.
        table: the file of the nuclei.
    """

    name: str
    picture: SourceFile
    table: SourceFile


@dataclass(frozen=True)
class LabelledFields:
    """Nuclei of fields, and what is to be cut around them.

    Attributes:
        nuclei: all of them; the file of each is the picture of its field.
        size: height and width of the crops, in pixels.
        mpp: micrometres per pixel of all fields, or None where it is not known.
    """

    nuclei: Labelled
    size: tuple[int, int]
    mpp: float | None


def holds_fields(source: PictureSource) -> bool:
    """Whether a source holds fields: a CSV with the name of a picture beside it, or one with coordinates."""
    stems = {_stem(file.name) for file in source.files if is_picture(file.name)}
    tables = _tables(source)
    if any(_stem(file.name) in stems for file in tables):
        return True
    return bool(stems) and any(_has_coordinates(source, file) for file in tables)


def find_fields(source: PictureSource) -> tuple[tuple[FieldFiles, ...], tuple[str, ...]]:
    """The pictures of a source with their tables, in natural order, and notes.

    Raises:
        DataError: a picture has no table, a table of nuclei no picture, or a table several pictures.
    """
    pictures: dict[str, list[SourceFile]] = defaultdict(list)
    for file in source.files:
        if is_picture(file.name):
            pictures[_stem(file.name)].append(file)
    tables = {_stem(file.name): file for file in _tables(source)}
    _check_pairs(source, pictures, tables)
    fields = tuple(FieldFiles(name, files[0], tables[name]) for name, files in pictures.items())
    spare = [file.name for name, file in tables.items() if name not in pictures]
    notes = (f"{counted(len(spare), 'CSV')} without coordinates left out: {listed(spare)}",) if spare else ()
    return fields, notes


def read_labelled(
    source: PictureSource,
    naming: Naming | None,
    *,
    groups_column: str | None = None,
    crop_size: int | None = None,
    mpp: float | None = None,
) -> LabelledFields:
    """Read the nuclei of all fields; the classes are their labels, whatever these are.

    The nuclei are sorted by field, then as in its table. They have the names of the column `name` where there is
    one, with the field before it where these are not unique, else the field and the number of the row.

    Args:
        source: a folder or a zip of fields.
        naming: names of the classes, if anybody gave them.
        groups_column: column of the tables that says what a field is of (patient, slide).
        crop_size: side of a crop in pixels; None takes what `crop_size_for` says.
        mpp: micrometres per pixel of all fields; None takes the column `mpp` of the tables, where there is one.

    Raises:
        DataError: a field or a table cannot be used, or the fields differ in resolution.
    """
    fields, notes = find_fields(source)
    tables = [read_field_table(source.path / field.table.name, source.read(field.table.name)) for field in fields]
    fields, tables, empty = _with_nuclei(source, fields, tables)
    pictures = [field.picture for field in fields]
    for picture, table, size in zip(pictures, tables, picture_sizes(source, pictures), strict=True):
        check_inside(table, picture.name, size)
    mpp = common_mpp(source.path, tables, mpp)
    side, side_notes = crop_size_for(mpp) if crop_size is None else (crop_size, ())
    nuclei = _join(fields, tables, naming, groups_column, (side, side))
    return LabelledFields(replace(nuclei, notes=notes + empty + nuclei.notes + side_notes), (side, side), mpp)


def _join(
    fields: Sequence[FieldFiles],
    tables: Sequence[FieldTable],
    naming: Naming | None,
    groups_column: str | None,
    size: tuple[int, int],
) -> Labelled:
    texts = [label for table in tables for label in table.labels]
    order, classes, notes = name_folders(sorted(set(texts), key=natural_key), naming, "label")
    position = {label: i for i, label in enumerate(order)}
    names = tuple(field.name for field, table in zip(fields, tables, strict=True) for _ in table.labels)
    corners = corners_around(np.concatenate([table.centres for table in tables]), size)
    groups = [group for table in tables for group in table.columns.groups(groups_column)] if groups_column else None
    return Labelled(
        files=tuple(field.picture for field, table in zip(fields, tables, strict=True) for _ in table.labels),
        names=_names(fields, tables),
        labels=np.array([position[label] for label in texts], np.int64),
        classes=classes,
        label_values=label_values(order),
        groups=None if groups is None else tuple(groups),
        notes=notes,
        places=FieldPlaces(names, corners),
    )


def _names(fields: Sequence[FieldFiles], tables: Sequence[FieldTable]) -> tuple[str, ...]:
    """A unique name for each nucleus."""
    own = [
        table.names or tuple(f"{field.name}/{number}" for number in range(1, len(table) + 1))
        for field, table in zip(fields, tables, strict=True)
    ]
    plain = tuple(name for names in own for name in names)
    if len(set(plain)) == len(plain):
        return plain
    return tuple(
        f"{field.name}/{name}" if table.names else name
        for field, table, names in zip(fields, tables, own, strict=True)
        for name in names
    )


def _with_nuclei(
    source: PictureSource, fields: Sequence[FieldFiles], tables: Sequence[FieldTable]
) -> tuple[tuple[FieldFiles, ...], list[FieldTable], tuple[str, ...]]:
    """The fields that have nuclei, and a note about the others."""
    kept = [(field, table) for field, table in zip(fields, tables, strict=True) if len(table)]
    if not kept:
        raise DataError(
            f"{source.path} has {counted(len(fields), 'field')} and no nucleus in their CSVs; expected a row a nucleus"
        )
    empty = [field.name for field, table in zip(fields, tables, strict=True) if not len(table)]
    notes = (f"{counted(len(empty), 'field')} without nuclei left out: {listed(empty)}",) if empty else ()
    return tuple(field for field, _ in kept), [table for _, table in kept], notes


def _check_pairs(source: PictureSource, pictures: dict[str, list[SourceFile]], tables: dict[str, SourceFile]) -> None:
    several = next((files for name, files in pictures.items() if len(files) > 1), None)
    if several:
        raise DataError(
            f"{source.path} has {counted(len(several), 'picture')} for {_stem(several[0].name)}.csv "
            f"({listed([file.name for file in several])}); expected one: keep one of them"
        )
    bare = [files[0].name for name, files in pictures.items() if name not in tables]
    if bare:
        raise DataError(
            f"{source.path} has {counted(len(bare), 'picture')} without a CSV of the same name ({listed(bare)}); "
            f"expected x,y,label in {shown(_stem(bare[0]))}.csv: add the CSVs or remove the pictures"
        )
    lone = [file.name for name, file in tables.items() if name not in pictures and _has_coordinates(source, file)]
    if lone:
        raise DataError(
            f"{source.path} has {counted(len(lone), 'CSV')} of nuclei without a picture of the same name "
            f"({listed(lone)}); expected {shown(_stem(lone[0]))}.png or the like: add the pictures or remove the CSVs"
        )


def _tables(source: PictureSource) -> list[SourceFile]:
    names = [(file, file.name.casefold()) for file in source.files]
    return [file for file, name in names if name.endswith(".csv") and not name.endswith(_CENTRES)]


def _has_coordinates(source: PictureSource, file: SourceFile) -> bool:
    return has_coordinates(source.read(file.name))


def _stem(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()
