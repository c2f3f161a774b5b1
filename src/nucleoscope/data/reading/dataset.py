"""Everything that `nucleoscope run DATA` takes -> one `Dataset`."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading.cache import Cache, decode_through
from nucleoscope.data.reading.class_folders import LAYOUTS, find_class_folders
from nucleoscope.data.reading.class_folders import read_labelled as read_labelled_folders
from nucleoscope.data.reading.class_names import naming_from_argument, naming_from_file, naming_from_source
from nucleoscope.data.reading.competition import (
    TEST_NAME,
    find_example,
    find_labels_file,
    find_pictures,
    find_test,
)
from nucleoscope.data.reading.competition import read_labelled as read_labelled_table
from nucleoscope.data.reading.conversions import sentences
from nucleoscope.data.reading.corrections import apply_corrections
from nucleoscope.data.reading.crop_table import CROPS_FILE, find_crop_table
from nucleoscope.data.reading.crop_table import read_labelled as read_labelled_crops
from nucleoscope.data.reading.decoding import Progress
from nucleoscope.data.reading.field_pictures import cut_fields
from nucleoscope.data.reading.fields import holds_fields
from nucleoscope.data.reading.fields import read_labelled as read_labelled_fields
from nucleoscope.data.reading.labelled import Labelled, check_classes, correct
from nucleoscope.data.reading.sources import PictureSource, is_picture, open_source
from nucleoscope.data.reading.unlabelled import Unlabelled, read_test_set
from nucleoscope.errors import ConfigError, DataError

DEMO = "demo"


@dataclass(frozen=True)
class Dataset:
    """Labelled crops, and a test set where there is one.

    Attributes:
        crops: labelled, two or more of each class.
        test: without labels, of the same size; in the order of `submission_names` where that is known.
        submission_names: names of the test crops in the order of the example of a submission, or None.
        label_values: C labels to write for the classes in a submission; those of the label table.
        notes: sentences to show: what was converted, left out or assumed.
        of_fields: the crops were cut from fields here, and could be cut larger.
    """

    crops: Crops
    test: Crops | None
    submission_names: tuple[str, ...] | None
    label_values: tuple[int, ...]
    notes: tuple[str, ...]
    of_fields: bool = False


@dataclass(frozen=True)
class _Options:
    """What `read_dataset` was asked for besides the source."""

    test: Path | None
    classes: tuple[str, ...] | None
    mpp: float | None
    groups_column: str | None
    cache: Path | None
    progress: Progress | None
    corrections: Path | None = None
    crop_size: int | None = None


def read_dataset(
    source: str | Path,
    *,
    test: Path | None = None,
    classes: tuple[str, ...] | None = None,
    mpp: float | None = None,
    groups_column: str | None = None,
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress | None = None,
    corrections: Path | None = None,
    crop_size: int | None = None,
) -> Dataset:
    """Read labelled crops, and a test set where there is one.

    Args:
        source: one of
            - a folder with `train.csv` (`Filename,Label`) beside `train/` or `train.zip`, or such a CSV file;
              its test set is `test/` or `test.zip`, and `example.csv` gives the order of a submission;
            - a folder or a zip with a folder per class; a folder `test` or a `test.zip` beside these is the
              test set, unless the class names mention `test`;
            - a folder or a zip of fields, each with a CSV `x,y,label` of its name, see `fields`;
            - a folder or a zip that `nucleoscope crops` wrote, with its `crops.csv`, see `crop_table`;
            - the word "demo" for synthetic tissue (`Path("demo")` or "./demo" is a folder of that name).
        test: a folder, zip or picture to use as the test set; an `example.csv` beside it applies.
        classes: class names, in the order of the labels or class folders; else `classes.json` in the source
            names them: a list likewise, or an object from label or folder to name.
        mpp: micrometres per pixel of all crops.
        groups_column: column of the CSV that says what a crop was cut from (slide, patient).
        seed: of the demo.
        cache: a folder to keep the decoded pictures in, for this data set alone.
        progress: called with the number of pictures done and of all; the test set counts by itself.
        corrections: a CSV of labels to correct and crops to drop, see `corrections.apply_corrections`.
        crop_size: side in pixels of the crops to cut from fields; None takes 25 um.

    Raises:
        DataError: the data cannot be used; the message says what to do.
        ConfigError: an option does not fit the source.
    """
    if mpp is not None and not (math.isfinite(mpp) and mpp > 0):
        raise ConfigError(f"mpp is {mpp}; expected micrometres per pixel, such as 0.25")
    options = _Options(test, classes, mpp, groups_column, cache, progress, corrections, crop_size)
    if source == DEMO:
        return _read_demo(seed, options)
    path = Path(source)
    if not path.exists():
        raise DataError(f"{path} does not exist; {LAYOUTS}")
    if path.name == CROPS_FILE:
        path = path.parent
    table = find_labels_file(path)
    if table:
        return _read_competition(table, options)
    with open_source(path) as opened:
        crops = find_crop_table(opened)
        if crops:
            return _read_crop_table(crops, options)
        if holds_fields(opened):
            return _read_fields(opened, options)
        return _read_class_folders(path, opened, options)


def _read_demo(seed: int, options: _Options) -> Dataset:
    _refuse_crop_size("demo", options)
    if options.test or options.classes or options.mpp or options.groups_column:
        raise ConfigError("demo brings its own test set, class names, groups and mpp: leave these options out")
    # Drawing tissue needs scipy, which takes a while to import; nobody but the demo should wait for it.
    from nucleoscope.data.synthetic import demo_data

    crops, test = demo_data(seed=seed)
    label_values = tuple(range(len(crops.classes)))
    if options.corrections is None:
        return Dataset(crops, test, None, label_values, ())
    found = apply_corrections(options.corrections, crops.names, crops.targets(), crops.classes, label_values)
    crops = replace(crops.subset(found.kept), labels=found.labels)
    return Dataset(crops, test, None, label_values, (found.note,))


def _read_competition(table: Path, options: _Options) -> Dataset:
    _refuse_crop_size(table, options)
    naming = naming_from_argument(options.classes) or naming_from_file(table.parent)
    place, notes = find_pictures(table)
    with open_source(place) as source:
        labelled = correct(read_labelled_table(table, source, naming, options.groups_column), options.corrections)
        crops, decoding_notes = _decode(labelled, source, table, options)
    test_path, test_notes = (options.test, ()) if options.test else find_test(table.parent)
    test = _read_test(test_path, options)
    return _join(crops, labelled, test, notes + labelled.notes + decoding_notes + test_notes)


def _read_crop_table(source: PictureSource, options: _Options) -> Dataset:
    _refuse_crop_size(source.path, options)
    naming = naming_from_argument(options.classes) or naming_from_source(source)
    labelled, mpp = read_labelled_crops(source, naming, options.groups_column, options.mpp)
    labelled, options = correct(labelled, options.corrections), replace(options, mpp=mpp)
    crops, notes = _decode(labelled, source, source.path, options)
    return _join(crops, labelled, _read_test(options.test, options), labelled.notes + notes)


def _read_fields(source: PictureSource, options: _Options) -> Dataset:
    naming = naming_from_argument(options.classes) or naming_from_source(source)
    found = read_labelled_fields(
        source, naming, groups_column=options.groups_column, crop_size=options.crop_size, mpp=options.mpp
    )
    labelled, options = correct(found.nuclei, options.corrections), replace(options, mpp=found.mpp)
    check_classes(labelled, source.path)
    assert labelled.places is not None  # every nucleus of a field has one
    assert labelled.places.corners is not None
    cut = cut_fields(source, labelled.files, labelled.places.corners, found.size, options.progress)
    crops = _crops(cut.images, labelled, options)
    notes = labelled.notes + sentences(cut.conversions)
    return replace(_join(crops, labelled, _read_test(options.test, options), notes), of_fields=True)


def _read_class_folders(path: Path, source: PictureSource, options: _Options) -> Dataset:
    _refuse_crop_size(path, options)
    if options.groups_column:
        raise ConfigError(f"{path} has no CSV to read the groups from: leave the group column out")
    if is_picture(path.name) and path.is_file():
        raise DataError(f"{path} is a single picture; {LAYOUTS}")
    naming = naming_from_argument(options.classes) or naming_from_source(source)
    found = find_class_folders(source, naming)
    labelled = correct(read_labelled_folders(found, naming), options.corrections)
    crops, notes = _decode(labelled, found.root, found.root.path, options)
    if found.test and not options.test:
        test: Unlabelled | None = _read_unlabelled(found.test, options)
    else:
        archive = path / f"{TEST_NAME}.zip"
        test = _read_test(options.test or (archive if archive.exists() else None), options)
    return _join(crops, labelled, test, labelled.notes + notes)


def _refuse_crop_size(where: str | Path, options: _Options) -> None:
    if options.crop_size is not None:
        raise ConfigError(
            f"{where} holds crops, which have their size; a crop size is for fields with a CSV of nuclei: leave it out"
        )


def _decode(labelled: Labelled, source: PictureSource, where: Path, options: _Options) -> tuple[Crops, tuple[str, ...]]:
    check_classes(labelled, where)
    cache = Cache(options.cache, "labelled") if options.cache else None
    decoded, notes = decode_through(cache, source, labelled.files, options.progress)
    return _crops(decoded.images, labelled, options), sentences(decoded.conversions) + notes


def _crops(images: NDArray[np.uint8], labelled: Labelled, options: _Options) -> Crops:
    return Crops(
        images,
        labelled.names,
        labels=labelled.labels,
        classes=labelled.classes,
        mpp=options.mpp,
        groups=labelled.groups,
        places=labelled.places,
    )


def _read_test(path: Path | None, options: _Options) -> Unlabelled | None:
    if path is None:
        return None
    with open_source(path) as source:
        return _read_unlabelled(source, options)


def _read_unlabelled(source: PictureSource, options: _Options) -> Unlabelled:
    # Beside, not in: the source of a single picture is its folder.
    example = find_example(options.test or source.path)
    return read_test_set(source, example, mpp=options.mpp, cache=options.cache, progress=options.progress)


def _join(crops: Crops, labelled: Labelled, test: Unlabelled | None, notes: tuple[str, ...]) -> Dataset:
    if test is None:
        return Dataset(crops, None, None, labelled.label_values, notes)
    if test.crops.size != crops.size:
        (height, width), (test_height, test_width) = crops.size, test.crops.size
        raise DataError(
            f"the test crops are {test_width}x{test_height} pixels and the labelled ones {width}x{height}; "
            "expected one size: cut or resize them to the same"
        )
    return Dataset(crops, test.crops, test.submission_names, labelled.label_values, notes + test.notes)
