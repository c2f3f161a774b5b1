"""Writing classified nuclei in several formats at once, a chunk at a time."""

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import ConfigError
from nucleoscope.files import replacing
from nucleoscope.slides.results import Nucleus, Verdicts
from nucleoscope.slides.writing.anndata_file import writing_anndata
from nucleoscope.slides.writing.facts import Add, Facts, ImageFacts
from nucleoscope.slides.writing.geojson import writing_geojson
from nucleoscope.slides.writing.overlay import writing_overlay
from nucleoscope.slides.writing.summary import Counting, Summary, writing_summary
from nucleoscope.slides.writing.tables import writing_csv, writing_parquet


@dataclass(frozen=True)
class Format:
    """A format of results.

    Attributes:
        file: its name in the folder.
        writing: opens it.
        packages: that it needs beyond those that are always there.
    """

    file: str
    writing: Callable[[Path, Facts], AbstractContextManager[Add]]
    packages: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    "geojson": Format("nuclei.geojson", writing_geojson),
    "csv": Format("nuclei.csv", writing_csv),
    "parquet": Format("nuclei.parquet", writing_parquet, ("pyarrow", "shapely")),
    "h5ad": Format("nuclei.h5ad", writing_anndata, ("anndata",)),
    "overlay": Format("overlay.png", writing_overlay),
    "summary": Format("summary.json", writing_summary),
}
"""By name."""


def check_formats(formats: Collection[str]) -> None:
    """Refuse formats that do not exist or cannot be written here.

    Raises:
        ConfigError: one is unknown, or its package is not installed.
    """
    for name in formats:
        if name not in FORMATS:
            near = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise ConfigError(f'unknown format "{name}"; expected some of {", ".join(FORMATS)}{hint}')
        for package in FORMATS[name].packages:
            if find_spec(package) is None:
                raise ConfigError(
                    f'format "{name}" needs the package {package}, which is not installed: pip install '
                    "'nucleoscope[slides]', or leave it out"
                )


def write_results(
    folder: Path,
    image: ImageFacts,
    nuclei: Iterable[Nucleus],
    verdicts: Iterator[Verdicts],
    colours: Mapping[str, str],
    formats: Collection[str] = ("geojson", "csv", "summary"),
    *,
    source: str = "",
    left_out: Mapping[str, int] | None = None,
    picture: NDArray[np.uint8] | None = None,
) -> Summary:
    """Write classified nuclei; all files of a folder are there, or none is new.

    Args:
        folder: made if it is missing; files of the same names are replaced.
        image: that the nuclei are in.
        nuclei: N, each asked for once.
        verdicts: on all of them in their order, in chunks of any size.
        colours: "#RRGGBB" of the classes by name, in the order of the model.
        formats: names in `FORMATS`.
        source: name of the file of nuclei, or how they were found.
        left_out: objects of the source that are no nuclei of this image, by what they are.
        picture: (h, w, 3) uint8 of the whole image, for the format "overlay".

    Raises:
        ConfigError: a format is unknown, or its package is not installed.
    """
    check_formats(formats)
    facts = Facts(image, colours, source, dict(left_out or {}), picture)
    counting = Counting(facts)
    remaining = iter(nuclei)
    with ExitStack() as stack:
        writers: list[Add] = [counting.add]
        for name in formats:
            temporary = stack.enter_context(replacing(folder / FORMATS[name].file))
            writers.append(stack.enter_context(FORMATS[name].writing(temporary, facts)))
        for chunk in verdicts:
            some = list(islice(remaining, len(chunk)))
            for add in writers:
                add(some, chunk)
        assert next(remaining, None) is None, "there are nuclei without a verdict"
    return counting.summary
