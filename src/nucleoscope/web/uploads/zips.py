"""Zips of crops, read in memory: nothing is unpacked to disk, and what they claim to hold is added up first."""

import io
import zipfile
from pathlib import Path

from nucleoscope.data.reading.sources import list_zip, pictures
from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError
from nucleoscope.web.errors import TooLargeError
from nucleoscope.web.settings import Limits
from nucleoscope.web.uploads.sent import SentFile, label

_MAGIC, _ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_OTHER_ENTRIES = 4
"""Entries that a zip may have for each file that it may hold: folders, and what a Mac adds."""


def is_zip(file: SentFile) -> bool:
    """Whether a file begins like a zip."""
    return file.content.startswith(_MAGIC)


def pictures_of(file: SentFile, limits: Limits) -> list[SentFile]:
    """The pictures in a zip, named by their paths in it.

    Raises:
        TooLargeError: it holds too many files, or they are too large together.
        DataError: it is damaged or encrypted, a name in it points outside of it, or it holds no picture.
    """
    if file.content.count(_ENTRY) > _OTHER_ENTRIES * limits.files:  # before zipfile makes an object of each
        raise TooLargeError(_too_many(file, limits))
    where = Path(shown(file.name))
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as failure:
        raise DataError(f"{where} is a damaged zip ({failure}): pack it again") from failure
    with archive:
        source = list_zip(where, archive)
        found = pictures(source)
        if len(found) > limits.files:
            raise TooLargeError(_too_many(file, limits))
        if sum(picture.size for picture in found) > limits.unpacked:
            raise TooLargeError(
                f"{where} unpacks to more than {limits.unpacked // 2**20} MiB; expected crops: send fewer or smaller"
            )
        if not found:
            raise DataError(f"{where} holds no pictures; expected crops as PNG, JPEG, TIFF or BMP")
        return [SentFile(label(picture.name), source.read(picture.name)) for picture in found]


def _too_many(file: SentFile, limits: Limits) -> str:
    return f"{shown(file.name)} holds more than {limits.files:,} files; expected crops: send them in several zips"
