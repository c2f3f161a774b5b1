"""Fields whose every nucleus is known, to learn from: `img1.png`, and its nuclei in `img1.centres.csv`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.sources import natural_key
from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.errors import DataError
from nucleoscope.slides.image import SlideImage, open_image
from nucleoscope.slides.nuclei import open_nuclei

CENTRES = ".centres.csv"
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True)
class LabelledField:
    """A field and where all of its nuclei are.

    Attributes:
        name: of its picture, without the suffix.
        image: open, to be read.
        centres: (N, 2) x, y in pixels of the image.
    """

    name: str
    image: SlideImage
    centres: NDArray[np.float64]


def read_labelled_fields(folder: Path, mpp: float | None = None, suffix: str = CENTRES) -> list[LabelledField]:
    """Open all fields of a folder, in natural order of their names.

    Args:
        folder: of pictures, each with a table of `x,y` beside it.
        mpp: micrometres per pixel of the fields; None takes what the files say.
        suffix: how the name of a table ends, after the name of its picture.

    Raises:
        DataError: there is no field, a picture has no table or a table no picture, a file cannot be read, or a
            nucleus lies outside of its field.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; expected one of pictures with NAME{suffix} beside each")
    pictures = {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() in _PICTURES}
    tables = {path.name.removesuffix(suffix): path for path in sorted(folder.glob(f"*{suffix}"))}
    _check_pairs(folder, suffix, list(pictures), list(tables))
    return [_read(name, pictures[name], tables[name], mpp) for name in sorted(pictures, key=natural_key)]


def _check_pairs(folder: Path, suffix: str, pictures: Sequence[str], tables: Sequence[str]) -> None:
    expected = f"expected pictures with all of their nuclei as x,y in NAME{suffix} beside each"
    if not pictures or not tables:
        found = f"{counted(len(pictures), 'picture')} and {counted(len(tables), 'table')} of nuclei"
        raise DataError(f"{folder} has {found}; {expected}")
    bare = [name for name in pictures if name not in tables]
    if bare:
        raise DataError(
            f"{folder} has {counted(len(bare), 'picture')} without a table ({listed(bare)}); {expected}: add the "
            "tables or remove the pictures"
        )
    lone = [name for name in tables if name not in pictures]
    if lone:
        raise DataError(
            f"{folder} has {counted(len(lone), 'table')} without a picture ({listed(lone)}); {expected}: add the "
            "pictures or remove the tables"
        )


def _read(name: str, picture: Path, table: Path, mpp: float | None) -> LabelledField:
    image = open_image(picture, mpp)
    nuclei = open_nuclei(table, image.mpp).within(image.size)
    if nuclei.skipped:
        what, count = next(iter(nuclei.skipped.items()))
        raise DataError(f"{table}: {count:,} {what}; expected pixels of {picture.name} in every row: correct the rows")
    return LabelledField(name, image, nuclei.centres)
