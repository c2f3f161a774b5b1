"""Which annotations belong to which image: two files, two folders with files of the same names, or two arrays."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nucleoscope.data.reading.field_tables import has_coordinates
from nucleoscope.data.reading.sources import PICTURE_SUFFIXES, natural_key
from nucleoscope.data.reading.wording import counted, listed
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.annotations.imagescope import read_imagescope
from nucleoscope.slides.annotations.labelled_nuclei import LabelledNuclei
from nucleoscope.slides.annotations.masks import PANNUKE, MaskedImages, open_masks
from nucleoscope.slides.annotations.matlab import read_matlab
from nucleoscope.slides.annotations.tables import read_objects, read_table
from nucleoscope.slides.image import ArrayReader, SlideImage, open_image

IMAGE_MPP = "--image-mpp"

_SLIDES = (".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".vms", ".vmu", ".svslide", ".czi")
_ANNOTATIONS = (".csv", ".tsv", ".geojson", ".json", ".mat", ".xml")
_PACKED = (".gz", ".zip")
_ARRAY = ".npy"
_CENTRES = ".centres.csv"


@dataclass(frozen=True)
class AnnotatedImage:
    """An image, which becomes a field, and how to get at it and its nuclei.

    Attributes:
        name: of the field.
        sources: the files of the image and of its annotations, for a person.
        open: opens the image.
        read: reads its nuclei, once it is open.
    """

    name: str
    sources: tuple[str, ...]
    open: Callable[[], AbstractContextManager[SlideImage]]
    read: Callable[[SlideImage], LabelledNuclei]


@dataclass(frozen=True)
class Reading:
    """What a user says about images and annotations.

    Attributes:
        image_mpp: micrometres per pixel of the images; None takes what their files say.
        classes: names of numbered classes; None takes those of the format.
    """

    image_mpp: float | None = None
    classes: tuple[str, ...] | None = None


def find_annotated(image: Path, annotations: Path, reading: Reading) -> tuple[AnnotatedImage, ...]:
    """Pair images with their annotations, in natural order; neither is read yet, except for arrays.

    Args:
        image: an image, a folder of images, or an array of them.
        annotations: a file of annotations, a folder of files named as the images, or an array of masks.
        reading: what the user says about them.

    Raises:
        DataError: one is missing, or has no or several partners.
        ConfigError: an option does not fit.
    """
    for path in (image, annotations):
        if not path.exists():
            raise DataError(f"{path} does not exist: check the path")
    if _ARRAY in (image.suffix.lower(), annotations.suffix.lower()):
        return tuple(_of_arrays(image, annotations, reading))
    if annotations.is_dir():
        if not image.is_dir():
            raise DataError(
                f"{annotations} is a folder and {image} a file; expected two files or two folders: name the file of "
                "annotations"
            )
        return tuple(_of_files(name, *files, reading) for name, files in _pairs(image, annotations).items())
    if image.is_dir() and not list(image.glob("*.dcm")):
        raise DataError(
            f"{image} is a folder and {annotations} a file; expected two files or two folders: name the image"
        )
    return (_of_files(_stem(image.name), image, annotations, reading),)


def _of_files(name: str, image: Path, annotations: Path, reading: Reading) -> AnnotatedImage:
    return AnnotatedImage(
        name,
        (str(image), str(annotations)),
        lambda: open_image(image, reading.image_mpp, IMAGE_MPP),
        lambda opened: _read(annotations, opened, reading.classes),
    )


def _read(path: Path, image: SlideImage, classes: Sequence[str] | None) -> LabelledNuclei:
    """The nuclei of a file in whatever format."""
    if path.suffix.lower() == ".mat":
        return read_matlab(path, image.size, classes)
    if classes is not None:
        raise ConfigError(
            f"{path} names its classes itself; --classes names the numbered ones of .mat and .npy: leave it out"
        )
    if path.suffix.lower() == ".xml":
        return read_imagescope(path, image.size)
    if path.suffix.lower() == ".csv" and path.is_file():
        content = path.read_bytes()
        if not content.strip() or has_coordinates(content):
            return read_table(path, content, image.path, image.size)
    return read_objects(path, image.mpp, image.size)


def _of_arrays(image: Path, annotations: Path, reading: Reading) -> Iterator[AnnotatedImage]:
    if {image.suffix.lower(), annotations.suffix.lower()} != {_ARRAY}:
        raise DataError(f"{image} and {annotations} are not both .npy; expected images.npy and masks.npy of PanNuke")
    opened = open_masks(image, annotations)
    if reading.image_mpp is None:
        raise DataError(
            f"{image} does not say how large its pixels are; expected um/pixel: give it with {IMAGE_MPP}, such as "
            f"{IMAGE_MPP} 0.25 for PanNuke"
        )
    for number in range(len(opened)):
        yield _of_array(number, opened, reading.image_mpp, reading.classes)


def _of_array(number: int, opened: MaskedImages, mpp: float, classes: Sequence[str] | None) -> AnnotatedImage:
    return AnnotatedImage(
        f"{_stem(opened.image_path.name)}-{number}",
        (f"{opened.image_path}[{number}]", f"{opened.mask_path}[{number}]"),
        lambda: SlideImage(opened.image_path, ArrayReader(opened.pixels(number)), mpp, IMAGE_MPP),
        lambda _: opened.nuclei(number, PANNUKE.called(classes)),
    )


def _pairs(images: Path, annotations: Path) -> dict[str, tuple[Path, Path]]:
    """Images and annotations of the same name below two folders, which may be the same."""
    pictures = _by_stem(images, (*PICTURE_SUFFIXES, *_SLIDES))
    tables = _by_stem(annotations, _ANNOTATIONS)
    if not pictures:
        raise DataError(f"{images} holds no images; expected pictures or slides: check the folder")
    if not tables:
        raise DataError(f"{annotations} holds no annotations; expected .csv, .geojson, .json, .mat or .xml: check it")
    _check_partners(images, pictures, tables, "image", annotations)
    _check_partners(annotations, tables, pictures, "file of annotations", images)
    for name, files in tables.items():
        if len(files) > 1:
            several = listed([file.name for file in files])
            raise DataError(
                f"{annotations} has {len(files):,} files of annotations for {name} ({several}); expected one: keep one "
                "of them"
            )
    return {name: (_preferred(files), tables[name][0]) for name, files in pictures.items()}


def _check_partners(
    folder: Path, own: dict[str, list[Path]], others: dict[str, list[Path]], noun: str, other_folder: Path
) -> None:
    alone = [files[0].name for name, files in own.items() if name not in others]
    if alone:
        plural = "files of annotations" if noun.startswith("file") else "images"
        raise DataError(
            f"{folder} has {counted(len(alone), noun, plural)} without one of the same name in {other_folder} "
            f"({listed(alone)}): add what is missing or remove them"
        )


def _by_stem(folder: Path, suffixes: Sequence[str]) -> dict[str, list[Path]]:
    """The files below a folder that end so, hidden ones not, by their path without all that files are called by."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: natural_key(path.relative_to(folder).as_posix())):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or not path.is_file() or path.name.casefold().endswith(_CENTRES):
            continue
        if PurePosixPath(_unpacked(path.name)).suffix.lower() in suffixes:
            found.setdefault(_stem(relative.as_posix()), []).append(path)
    return found


def _preferred(files: Sequence[Path]) -> Path:
    """Of one image in several formats (MoNuSAC: .svs and .tif) the slide, which knows its resolution."""
    return min(files, key=lambda path: (path.suffix.lower() not in _SLIDES, path.suffix.lower()))


def _unpacked(name: str) -> str:
    return name[: -len(PurePosixPath(name).suffix)] if name.lower().endswith(_PACKED) else name


def _stem(name: str) -> str:
    """A path without suffixes: of `slide.svs.geojson.gz` as of `slide.svs` the word slide."""
    known = {*PICTURE_SUFFIXES, *_SLIDES, *_ANNOTATIONS, *_PACKED, _ARRAY, ".ome", ".dcm"}
    path = PurePosixPath(name)
    while path.suffix.lower() in known:
        path = path.with_suffix("")
    return path.as_posix()
