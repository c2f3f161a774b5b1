"""Which picture a name in a table means, wherever in a source the picture lies."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from nucleoscope.data.reading.sources import SourceFile
from nucleoscope.data.reading.wording import counted, listed, shown
from nucleoscope.errors import DataError


def match(names: Sequence[str], files: Sequence[SourceFile], *, table: Path, place: Path) -> tuple[SourceFile, ...]:
    """Find the picture of each name.

    A name means the picture of that base name at any depth; folders in the name must be there too.

    Args:
        names: as in the table, unique.
        files: all pictures of a source.
        table: where the names are from, for messages.
        place: where the pictures are, for messages.

    Returns:
        A picture for each name, none of them twice.

    Raises:
        DataError: a name has no picture, or several; or two names mean the same picture.
    """
    by_base: dict[str, list[SourceFile]] = defaultdict(list)
    for file in files:
        by_base[PurePosixPath(file.name).name].append(file)
    found = {name: _candidates(name, by_base) for name in names}
    missing = [name for name, candidates in found.items() if not candidates]
    if missing:
        raise DataError(
            f"{table} names {counted(len(missing), 'crop')} without a picture in {place} "
            f"({listed(missing)}): add the pictures or remove the rows"
        )
    for name, candidates in found.items():
        if len(candidates) > 1:
            raise DataError(
                f"{table} names {shown(name)}, but {place} holds "
                f"{counted(len(candidates), 'picture')} of this name "
                f"({listed([file.name for file in candidates])}): keep one, or name its folder in the "
                "table too"
            )
    return _distinct({name: candidates[0] for name, candidates in found.items()}, table)


def _candidates(name: str, by_base: Mapping[str, list[SourceFile]]) -> list[SourceFile]:
    wanted = PurePosixPath(name.replace("\\", "/")).as_posix()
    base = PurePosixPath(wanted).name
    candidates = [file for file in by_base.get(base, ()) if f"/{file.name}".endswith(f"/{wanted}")]
    exact = [file for file in candidates if file.name == wanted and wanted != base]
    return exact or candidates


def _distinct(matches: Mapping[str, SourceFile], table: Path) -> tuple[SourceFile, ...]:
    owner: dict[str, str] = {}
    for name, file in matches.items():
        other = owner.setdefault(file.name, name)
        if other != name:
            raise DataError(
                f"{table} names {shown(other)} and {shown(name)}, which are the same picture; expected every "
                "crop once: remove one of the rows"
            )
    return tuple(matches.values())
