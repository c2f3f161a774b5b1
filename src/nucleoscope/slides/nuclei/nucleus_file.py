"""A file of nuclei: where all of them are, and each with its outline when it is asked for."""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import DataError
from nucleoscope.slides.nuclei.geojson_objects import Found, Rank
from nucleoscope.slides.results import Nucleus

FORMATS = "GeoJSON, a table with x and y, or the JSON of CellViT, HoVer-Net or TIAToolbox"
"""That are read, in words."""

_OUTSIDE = "nuclei outside of the image"
_BESIDE = {Rank.POINT: "points beside detections", Rank.ANNOTATION: "annotations beside detections or points"}


class NucleusReader(Protocol):
    """Reads the nuclei of a file in one format."""

    @property
    def path(self) -> Path:
        """Of the file."""

    @property
    def kind(self) -> str:
        """The format in words."""

    def read(self, skipped: Counter[str]) -> Iterator[Found]:
        """The nuclei in file order, from the start; what is none is counted by what it is."""


@dataclass(frozen=True)
class NucleusFile:
    """The nuclei of a file, in its order. Iterating reads the file anew, one nucleus at a time.

    Attributes:
        path: of the file.
        kind: its format in words.
        centres: (N, 2) x, y of the nuclei, in pixels of the full-resolution image.
        skipped: how many objects are left out, by what they are.
    """

    path: Path
    kind: str
    centres: NDArray[np.float64]
    skipped: Mapping[str, int]
    _reader: NucleusReader
    _kept: NDArray[np.bool_]  # of all that the reader finds
    _state: tuple[int, int]

    def __len__(self) -> int:
        return len(self.centres)

    def __iter__(self) -> Iterator[Nucleus]:
        if _state_of(self.path) != self._state:
            raise DataError(f"{self.path} has changed since it was opened; expected one that stays: start again")
        for found, kept in zip(self._reader.read(Counter()), self._kept.tolist(), strict=True):
            if kept:
                yield found.nucleus

    def within(self, size: tuple[int, int]) -> "NucleusFile":
        """Those with their centre in an image of this width and height; the others are counted in `skipped`.

        Raises:
            DataError: fewer than half of them are.
        """
        inside = ((self.centres >= 0) & (self.centres <= size)).all(axis=1)
        outside = len(self) - int(inside.sum())
        if not outside:
            return self
        if outside * 2 > len(self):
            x, y = self.centres[np.flatnonzero(~inside)[0]]
            raise DataError(
                f"{self.path}: {outside:,} of {counted(len(self), 'nucleus', 'nuclei')} are outside of the image of "
                f"{size[0]}x{size[1]} pixels, the first at x {x:g}, y {y:g}; expected pixels of its full resolution: "
                "check that the file is of this image, the unit, and the order of x and y"
            )
        kept = self._kept.copy()
        kept[np.flatnonzero(kept)[~inside]] = False
        skipped = {**self.skipped, _OUTSIDE: self.skipped.get(_OUTSIDE, 0) + outside}
        return replace(self, centres=self.centres[inside], skipped=skipped, _kept=kept)


def survey(reader: NucleusReader) -> NucleusFile:
    """Read a file once: where its nuclei are, and which objects are none.

    Raises:
        DataError: it cannot be read, or holds objects but no nucleus.
    """
    state = _state_of(reader.path)
    places, ranks, skipped = array("d"), array("b"), Counter[str]()
    for found in reader.read(skipped):
        places.extend((found.nucleus.x, found.nucleus.y))
        ranks.append(found.rank)
    ranked = np.array(ranks, np.int8)
    kept = ranked == ranked.min(initial=Rank.ANNOTATION)
    for rank, words in _BESIDE.items():
        left_out = int((~kept & (ranked == rank)).sum())
        if left_out:
            skipped[words] += left_out
    if skipped and not kept.any():
        raise DataError(
            f"{reader.path} ({reader.kind}) holds no nuclei: {summarised(skipped)}; expected detections, cells, "
            "points or outlines of nuclei: export those"
        )
    centres = np.array(places, np.float64).reshape(-1, 2)[kept]
    return NucleusFile(reader.path, reader.kind, centres, dict(skipped), reader, kept, state)


def summarised(skipped: Mapping[str, int]) -> str:
    """What was left out, in words.

    >>> summarised({"annotations of regions": 2, "tile objects": 1000})
    '1,000 tile objects, 2 annotations of regions'
    """
    most_first = sorted(skipped.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{count:,} {words}" for words, count in most_first)


def _state_of(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): check the path") from error
    return facts.st_size, facts.st_mtime_ns
