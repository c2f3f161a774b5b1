"""Opening a file of nuclei, which QuPath and others may have compressed."""

import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from nucleoscope.errors import DataError

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file; of its content, if it is a gzip file or a zip with one file in it.

    Raises:
        DataError: it is missing, a folder, not readable, or a zip with another number of files.
    """
    try:
        with path.open("rb") as stream:
            begin = stream.read(4)
            stream.seek(0)
            if begin.startswith(_GZIP):
                with gzip.open(stream) as unpacked:
                    yield cast(BinaryIO, unpacked)
            elif begin == _ZIP:
                with zipfile.ZipFile(stream) as archive, archive.open(_only_file(archive, path)) as unpacked_file:
                    yield cast(BinaryIO, unpacked_file)
            else:
                yield stream
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; expected a file of nuclei") from error
    except zipfile.BadZipFile as error:
        raise DataError(f"{path} is a damaged zip ({error}): export it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}): check the path") from error


def _only_file(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) != 1:
        raise DataError(f"{path} holds {len(files):,} files; expected a zip of one file of nuclei: unpack it, name one")
    return files[0]
