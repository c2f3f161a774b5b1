"""Crops of all nuclei of annotated images, written as a folder that `run` reads: PNGs, `crops.csv`, `crops.json`."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from nucleoscope.data.reading.crop_table import CROPS_FILE, HEADER, RECORD_FILE, CropsRecord, parse_record
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError, RunFolderError
from nucleoscope.files import replacing_folder, write_csv
from nucleoscope.slides.annotations.labelled_nuclei import LabelledNuclei
from nucleoscope.slides.annotations.pairing import AnnotatedImage
from nucleoscope.slides.annotations.patients import patient_by_barcode
from nucleoscope.slides.cut import FARTHEST, walk_crops
from nucleoscope.slides.image import SlideImage

Progress = Callable[[int, int], None]
"""Called with the number of images done and of all."""

Row = tuple[str, str, str, str, float, float]
"""A row of `crops.csv`."""


@dataclass
class Written:
    """What has been written.

    Attributes:
        counts: crops of each class.
        fields: images with at least one crop.
        skipped: objects that were left out, by what they are.
        resampled: images of another resolution than the crops.
        notes: what was said about how many images when they were opened.
    """

    counts: Counter[str] = field(default_factory=Counter)
    fields: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    resampled: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, nuclei: LabelledNuclei, resampled: bool) -> None:
        """Count the nuclei of an image."""
        self.counts.update(nuclei.labels)
        self.skipped.update(nuclei.skipped)
        self.fields += len(nuclei) > 0
        self.resampled += resampled and len(nuclei) > 0


def write_crops(
    images: Sequence[AnnotatedImage],
    out: Path,
    *,
    size: int,
    mpp: float,
    patients: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Written:
    """Cut a crop around every nucleus of annotated images; beyond the border an image goes on as its mirror image.

    The folder appears when all is well, in place of one that an earlier call wrote.

    Args:
        images: with their annotations.
        out: the folder.
        size: side of a crop in pixels.
        mpp: micrometres per pixel of the crops; images of another resolution are resampled.
        patients: of the fields; None takes what annotations and TCGA barcodes say, and else nothing.
        progress: called after every image.

    Raises:
        RunFolderError: the folder exists and is not ours.
        DataError: an image or its annotations cannot be used, or there are no nuclei.
    """
    check_out(out)
    written, field_mpp = Written(), dict[str, float]()

    def rows(folder: Path) -> Iterator[Row]:
        for number, annotated in enumerate(images, start=1):
            with annotated.open() as image:
                nuclei = annotated.read(image)
                field_mpp[annotated.name] = image.mpp
                written.notes.update(image.notes)
                written.add(nuclei, _cut(image, nuclei, folder / annotated.name, size, mpp))
            yield from _rows(annotated.name, nuclei, patients)
            if progress:
                progress(number, len(images))

    with replacing_folder(out) as folder:
        write_csv(folder / CROPS_FILE, HEADER, rows(folder))
        if not written.fields:
            raise DataError(f"{_told(images)} no nuclei with a class; expected some: check the annotations")
        sources = {annotated.name: annotated.sources for annotated in images}
        CropsRecord(size, mpp, field_mpp, sources).write(folder / RECORD_FILE)
    return written


def check_out(out: Path) -> None:
    """Refuse to write over what is not ours.

    Raises:
        RunFolderError: there is a file, or a folder that is neither empty nor written by `nucleoscope crops`.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        parse_record((out / RECORD_FILE).read_bytes(), out / RECORD_FILE)
        foreign = sorted(path.name for path in out.rglob("*") if path.is_file() and not _ours(path, out))
    except (OSError, DataError):
        foreign = [""]
    if foreign:
        found = f"holds {foreign[0]}" if foreign[0] else "exists"
        raise RunFolderError(
            f'"{out}" {found} and was not written by `nucleoscope crops`; expected a new folder, or one of its own to '
            "write again: choose another --out"
        )


def _ours(path: Path, out: Path) -> bool:
    return path.suffix == ".png" or path in (out / CROPS_FILE, out / RECORD_FILE)


def _told(images: Sequence[AnnotatedImage]) -> str:
    if len(images) == 1:
        return f"{images[0].sources[1]} holds"
    return f"{len(images):,} files of annotations, such as {images[0].sources[1]}, hold"


def _cut(image: SlideImage, nuclei: LabelledNuclei, folder: Path, size: int, mpp: float) -> bool:
    """Write the crops of an image as 1.png, 2.png, ...; whether they were resampled."""
    if not 1 / FARTHEST <= mpp / image.mpp <= FARTHEST:
        raise DataError(
            f"{image.path} has {image.mpp:g} um/pixel ({image.mpp_origin} says so) and the crops shall have {mpp:g}; "
            f"expected at most {FARTHEST:g} times more or less: check both"
        )
    if len(nuclei):
        folder.mkdir(parents=True, exist_ok=True)
    for index, crops in walk_crops(image, nuclei.centres, (size, size), mpp):
        for position, crop in zip(index.tolist(), crops, strict=True):
            Image.fromarray(crop).save(folder / f"{position + 1}.png")
    return not same_resolution(image.mpp, mpp)


def _rows(name: str, nuclei: LabelledNuclei, patients: Mapping[str, str] | None) -> Iterator[Row]:
    for position, (label, (x, y)) in enumerate(zip(nuclei.labels, nuclei.centres.tolist(), strict=True)):
        own = nuclei.patients[position] if nuclei.patients else ""
        patient = own or (patients[name] if patients else patient_by_barcode(name))
        yield f"{name}/{position + 1}.png", label, name, patient, x, y
