"""Where pictures lie: a folder, a zip that is never unpacked, or a single file; all read in the same way."""

import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath, PureWindowsPath
from threading import Lock
from typing import Protocol

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
# A 512x512 crop of four 16-bit channels has 2 MiB; a "picture" far above that is a mistake or an attack.
MAX_FILE_BYTES = 64 * 2**20
ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class SourceFile:
    """A file of a source.

    Attributes:
        name: posix path below the source.
        size: bytes when read.
        stamp: changes when the content does: modification time in a folder, checksum in a zip.
    """

    name: str
    size: int
    stamp: int


class PictureSource(Protocol):
    """A place to read pictures from; hidden files and macOS's `__MACOSX` are never part of it."""

    @property
    def path(self) -> Path:
        """Where the source lies; `path / name` is how a message names one of its files."""

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every file, pictures or not, at any depth, 2.png before 10.png."""

    @property
    def folders(self) -> tuple[str, ...]:
        """Posix paths of all folders, empty ones too, in natural order."""

    def read(self, name: str) -> bytes:
        """The content of one file; may be called from several threads at once.

        Raises:
            DataError: it cannot be read.
        """


@dataclass(frozen=True)
class FolderSource:
    """Files below a folder, or one file of it."""

    path: Path
    files: tuple[SourceFile, ...]
    folders: tuple[str, ...] = ()

    def read(self, name: str) -> bytes:
        """See `PictureSource`."""
        try:
            return (self.path / name).read_bytes()
        except OSError as error:
            raise DataError(f"{self.path / name} cannot be read ({error.strerror}): check it") from error


@dataclass(frozen=True)
class ZipSource:
    """Files in a zip, read one by one from the archive."""

    path: Path
    files: tuple[SourceFile, ...]
    folders: tuple[str, ...]
    archive: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]
    lock: Lock = field(default_factory=Lock)

    def read(self, name: str) -> bytes:
        """See `PictureSource`."""
        try:
            # The archive is one file handle with one position; decoding, the slow part, needs no lock.
            with self.lock:
                return self.archive.read(self.members[name])
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
            raise DataError(
                f"{self.path / name} cannot be read from the zip ({error}): download or pack the zip again"
            ) from error


@dataclass(frozen=True)
class SubfolderSource:
    """One folder of another source, as a source of its own."""

    parent: PictureSource
    folder: str

    @property
    def path(self) -> Path:
        """See `PictureSource`."""
        return self.parent.path / self.folder

    @cached_property
    def files(self) -> tuple[SourceFile, ...]:
        """See `PictureSource`."""
        below = (file for file in self.parent.files if file.name.startswith(f"{self.folder}/"))
        return tuple(SourceFile(self._inner(file.name), file.size, file.stamp) for file in below)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """See `PictureSource`."""
        return tuple(self._inner(name) for name in self.parent.folders if name.startswith(f"{self.folder}/"))

    def read(self, name: str) -> bytes:
        """See `PictureSource`."""
        return self.parent.read(f"{self.folder}/{name}")

    def _inner(self, name: str) -> str:
        return name[len(self.folder) + 1 :]


@contextmanager
def open_source(path: Path) -> Iterator[PictureSource]:
    """Open a folder, a zip or a single picture.

    Raises:
        DataError: there is nothing at `path`, or something else, or a damaged, encrypted or unsafe zip.
    """
    if path.is_dir():
        yield _list_folder(path)
    elif not path.exists():
        raise DataError(f"{path} does not exist; expected a folder, a zip or a picture: check the path")
    elif is_picture(path.name):
        yield FolderSource(path.parent, (_stat_file(path, path.name),))
    else:
        with _open_zip(path) as archive:
            yield list_zip(path, archive)


def pictures(source: PictureSource) -> tuple[SourceFile, ...]:
    """The files of a source that are pictures by their suffix, in natural order.

    Raises:
        DataError: a picture file is far too large to be a crop.
    """
    found = tuple(file for file in source.files if is_picture(file.name))
    for file in found:
        if file.size > MAX_FILE_BYTES:
            raise DataError(
                f"{source.path / file.name} has {file.size / 2**20:,.0f} MiB; expected a crop of at most "
                f"{MAX_FILE_BYTES // 2**20} MiB: cut crops around single nuclei first"
            )
    return found


def is_picture(name: str) -> bool:
    """Whether a file name ends like a picture's."""
    return os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES  # noqa: PTH122 - ten times as fast as a path


def natural_key(name: str) -> tuple[object, ...]:
    """Sort key under which numbers in names count as numbers.

    >>> sorted(["10.png", "2.png", "1.png"], key=natural_key)
    ['1.png', '2.png', '10.png']
    """
    parts = re.split(r"([0-9]+)", name)
    # Numbers hold the odd places; they compare by length, then digits: unlike int(), that has no upper limit.
    key = [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else part.casefold() for i, part in enumerate(parts)]
    return (*key, name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _in_order(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    return tuple(sorted(files, key=lambda file: natural_key(file.name)))


def _stat_file(path: Path, name: str) -> SourceFile:
    try:
        status = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): repair or remove it") from error
    return SourceFile(name, status.st_size, status.st_mtime_ns)


def _list_folder(path: Path) -> FolderSource:
    files: list[SourceFile] = []
    folders: list[str] = []
    for folder, inner, names in _walk(path):
        relative = folder.relative_to(path)
        folders += [(relative / name).as_posix() for name in inner]
        files += [_stat_file(folder / name, (relative / name).as_posix()) for name in names]
    return FolderSource(path, _in_order(files), tuple(sorted(folders, key=natural_key)))


def _walk(path: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walk like `os.walk`, through links to folders but never into a loop of them, past hidden names."""

    def fail(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be listed ({error.strerror}): check its permissions") from error

    seen: set[str] = set()
    for folder, inner, names in os.walk(path, followlinks=True, onerror=fail):
        real = os.path.realpath(folder)
        inner[:] = [] if real in seen else [name for name in inner if not _is_hidden(name)]
        if real not in seen:
            yield Path(folder), inner, [name for name in names if not _is_hidden(name)]
        seen.add(real)


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        if path.suffix.lower() == ".zip":
            raise DataError(f"{path} is a damaged zip ({error}): download or pack it again") from error
        raise DataError(f"{path} is not a folder, a zip or a picture; expected one of these") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def list_zip(path: Path, archive: zipfile.ZipFile) -> ZipSource:
    """The files of an open zip as a source; `path` is how messages name it.

    Raises:
        DataError: it is encrypted, or holds a name twice or one that points outside of it.
    """
    members: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for member in archive.infolist():
        name = _safe_name(path, member)
        if _is_hidden(name):
            continue
        folder = name.rpartition("/")[0]
        if folder and folder not in folders:
            folders.update(parent.as_posix() for parent in PurePosixPath(name).parents if parent.name)
        if member.is_dir():
            folders.add(name)
        elif name in members:
            raise DataError(f"{path} holds {shown(name)} twice; expected every name once: pack it again")
        else:
            members[name] = member
    files = (SourceFile(name, member.file_size, member.CRC) for name, member in members.items())
    return ZipSource(path, _in_order(files), tuple(sorted(folders, key=natural_key)), archive, members)


def _safe_name(path: Path, member: zipfile.ZipInfo) -> str:
    """The name of a zip's member as a posix path below the zip."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    # A drive without a colon is a network share, which is absolute.
    drive = ":" in member.filename and PureWindowsPath(member.filename).drive
    if ".." in name.parts or name.is_absolute() or drive:
        raise DataError(
            f"{path} holds the name {shown(member.filename)}, which points outside of the zip; expected "
            "names below its top: pack it again without .. and absolute paths"
        )
    if member.flag_bits & ENCRYPTED_FLAG:
        raise DataError(f"{path} is encrypted ({shown(member.filename)}): pack it again without a password")
    return name.as_posix()
