"""Which images are to be classified, with which nuclei, and where the results go: all known before the first begins."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.data.reading.sources import PICTURE_SUFFIXES
from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import ConfigError, DataError, RunFolderError
from nucleoscope.slides.writing import FORMATS

_SLIDES = frozenset({".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".vmu", ".svslide"})
_NUCLEI = (".geojson", ".geojson.gz", ".json", ".json.gz", ".csv")


@dataclass(frozen=True)
class Job:
    """One image to classify.

    Attributes:
        image: a file, or a folder of DICOM files.
        nuclei: the file that says where its nuclei are; None if they are to be found.
        out: the folder of the results.
    """

    image: Path
    nuclei: Path | None
    out: Path


def plan_jobs(sources: Sequence[Path], nuclei: Path | None, out: Path | None, *, overwrite: bool) -> list[Job]:
    """What there is to do.

    Args:
        sources: images, and folders of images.
        nuclei: of a single image, a file; of several, a folder with one of the same name for each. None finds them.
        out: of a single image, where the results go; of several, a folder with a folder for each. None puts them
            beside each image.
        overwrite: earlier results may be replaced.

    Raises:
        DataError: an image or a file of nuclei is missing.
        ConfigError: what is given does not say which nuclei or results belong to which image.
        RunFolderError: the folder of the results holds something.
    """
    images = [image for source in sources for image in _images_in(source)]
    several = len(images) > 1 or any(source not in images for source in sources)
    jobs = [Job(image, _nuclei_of(image, nuclei, several), _out_of(image, out, several)) for image in images]
    twice = [out for out, times in Counter(job.out.resolve() for job in jobs).items() if times > 1]
    if twice:
        same = ", ".join(str(job.image) for job in jobs if job.out.resolve() == twice[0])
        raise ConfigError(
            f"the results of {same} would all go to {twice[0]}; expected images of different names: classify them one "
            "by one, each with its --out"
        )
    for job in jobs:
        _check_room(job.out, overwrite)
    return jobs


def _images_in(source: Path) -> list[Path]:
    """The images of a folder by name, or what is one image already."""
    if not source.exists():
        raise DataError(f"{source} does not exist; expected an image, or a folder of images: check the path")
    if not source.is_dir() or any(source.glob("*.dcm")):
        return [source]
    suffixes = PICTURE_SUFFIXES | _SLIDES
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in suffixes and path.name[0] != ".")
    if not found:
        raise DataError(
            f"{source} is a folder without images; expected pictures, TIFFs, slides, or the files of one DICOM slide"
        )
    return found


def stem_of(image: Path) -> str:
    """Name of an image without what says its format.

    >>> stem_of(Path("slides/case7.ome.tiff")), stem_of(Path("field.03.png"))
    ('case7', 'field.03')
    """
    return image.absolute().name if image.is_dir() else image.stem.removesuffix(".ome")


def _nuclei_of(image: Path, nuclei: Path | None, several: bool) -> Path | None:
    if nuclei is None:
        return None
    if not nuclei.exists():
        raise DataError(f"{nuclei} does not exist; expected a file of nuclei: check --nuclei")
    if not nuclei.is_dir():
        if several:
            raise ConfigError(
                f"--nuclei {nuclei} is one file for several images; expected a folder that holds a file of the same "
                "name for each image"
            )
        return nuclei
    stem = stem_of(image)
    found = [path for path in (nuclei / f"{stem}{suffix}" for suffix in _NUCLEI) if path.is_file()]
    if len(found) != 1:
        held = "no file" if not found else " and ".join(path.name for path in found)
        raise DataError(
            f"{nuclei} holds {held} for {image.name}; expected one of {', '.join(stem + suffix for suffix in _NUCLEI)}"
        )
    return found[0]


def _out_of(image: Path, out: Path | None, several: bool) -> Path:
    name = f"{stem_of(image)}-classified"
    if out is None:
        return image.parent / name
    return out / name if several else out


def _check_room(out: Path, overwrite: bool) -> None:
    """Refuse a folder whose content is not ours to replace."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / FORMATS["summary"].file).is_file():
        raise RunFolderError(f'"{out}" exists and is not an empty folder; expected a new one: choose another --out')
    if not overwrite:
        raise RunFolderError(
            f'"{out}" holds earlier results; expected a new folder: choose another --out, or replace them with '
            "--overwrite"
        )
    results = {kind.file for kind in FORMATS.values()}
    foreign = sorted(path.name for path in out.iterdir() if path.name not in results)
    if foreign:
        raise RunFolderError(
            f'"{out}" holds {counted(len(foreign), "entry", "entries")} beside earlier results, such as '
            f'"{foreign[0]}"; expected nothing that --overwrite would lose: move it, or choose another --out'
        )
