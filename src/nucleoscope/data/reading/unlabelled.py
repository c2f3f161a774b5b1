"""Crops without labels: pictures to predict, and the test set of a competition."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading.cache import Cache, decode_through
from nucleoscope.data.reading.conversions import sentences
from nucleoscope.data.reading.decoding import Progress, decode
from nucleoscope.data.reading.matching import match
from nucleoscope.data.reading.sources import PictureSource, SourceFile, open_source, pictures
from nucleoscope.data.reading.tables import read_table
from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.errors import DataError


@dataclass(frozen=True)
class Unlabelled:
    """A test set.

    Attributes:
        crops: without labels; in the order of the example of a submission where there is one.
        submission_names: the names of the example, in its order; None without one.
        notes: what a person should know, in sentences.
    """

    crops: Crops
    submission_names: tuple[str, ...] | None
    notes: tuple[str, ...]


def read_pictures(source: Path, *, progress: Progress | None = None) -> Crops:
    """Read unlabelled crops from a folder, a zip or a single picture.

    Args:
        source: pictures in it may lie at any depth.
        progress: called with the number of pictures done and of all.

    Returns:
        Crops named by their path below `source`, 2.png before 10.png.

    Raises:
        DataError: there are no pictures, or they cannot be read or differ in size.
    """
    with open_source(source) as opened:
        files = pictures(opened)
        if not files:
            raise DataError(
                f"{source} holds no pictures; expected crops as PNG, JPEG, TIFF or BMP, in a folder or a zip"
            )
        decoded = decode(opened, files, progress)
    return Crops(decoded.images, tuple(file.name for file in files))


def read_test_set(
    source: PictureSource,
    example: Path | None,
    *,
    mpp: float | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> Unlabelled:
    """Read a test set, checked against the example of a submission where there is one.

    Without an example, crops are named by their base names, or by their paths where these are not unique.

    Raises:
        DataError: there are no pictures, the example and the pictures do not have the same names, or a
            picture cannot be read.
    """
    files = pictures(source)
    if not files:
        raise DataError(
            f"the test set {source.path} holds no pictures; expected crops as PNG, JPEG, TIFF or BMP: "
            "add them or remove it"
        )
    if example:
        names, files = _in_order_of(example, files, source.path)
    else:
        names = _short_names(files)
    kept = Cache(cache, "test") if cache else None
    decoded, notes = decode_through(kept, source, files, progress)
    return Unlabelled(
        crops=Crops(decoded.images, names, mpp=mpp),
        submission_names=names if example else None,
        notes=sentences(decoded.conversions, " of the test set") + notes,
    )


def _in_order_of(
    example: Path, files: Sequence[SourceFile], place: Path
) -> tuple[tuple[str, ...], tuple[SourceFile, ...]]:
    names = tuple(row.name for row in read_table(example))
    ordered = match(names, files, table=example, place=place)
    wanted = {file.name for file in ordered}
    extra = [file.name for file in files if file.name not in wanted]
    if extra:
        raise DataError(
            f"{place} holds {counted(len(extra), 'picture')} that {example} does not name ({listed(extra)}): "
            "remove them or add their rows"
        )
    return names, ordered


def _short_names(files: Sequence[SourceFile]) -> tuple[str, ...]:
    bases = tuple(PurePosixPath(file.name).name for file in files)
    return bases if len(set(bases)) == len(bases) else tuple(file.name for file in files)
