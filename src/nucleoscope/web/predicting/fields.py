"""A field and, if they are known, its nuclei: classified by the pipeline's own job, in a folder of this server."""

from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from nucleoscope.data.reading.wording import shown
from nucleoscope.errors import DataError, NucleoscopeError
from nucleoscope.models.bundle import Bundle
from nucleoscope.pipeline.classify import Options, classify_image
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.slides.image import SlideImage, open_image
from nucleoscope.slides.jobs import Job
from nucleoscope.slides.nuclei import open_nuclei
from nucleoscope.web.errors import TooLargeError
from nucleoscope.web.settings import Limits
from nucleoscope.web.uploads.pictures import check_field, check_pixels
from nucleoscope.web.uploads.sent import SentFile

FORMATS = ("geojson", "csv")
PICTURE = "picture.jpg"
RESULTS = "results"

_LONGEST_SIDE = 4096  # pixels of the picture that is shown
_QUALITY = 92
# Archives and databases are not opened for strangers; what is left is text.
_NO_TEXT = (b"\x1f\x8b", b"PK", b"SQLite format 3")


@dataclass
class Notes(Silent):
    """A reporter that collects what a person should know."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)


@dataclass(frozen=True)
class FieldJob:
    """A field to classify.

    Attributes:
        image: of the field.
        nuclei: where they are, as GeoJSON, JSON or CSV; None if they are to be found.
        mpp: micrometres per pixel; None takes what the file says.
    """

    image: SentFile
    nuclei: SentFile | None
    mpp: float | None


def classify_field(job: FieldJob, bundle: Bundle, limits: Limits, folder: Path) -> list[str]:
    """Classify a field; its results and its picture are in the folder then.

    Returns:
        What a person should know.

    Raises:
        TooLargeError: it is over a limit.
        NucleoscopeError: it cannot be classified; the error speaks of the client's names, not of ours.
    """
    image = _write(folder, f"field{check_field(job.image, limits)}", job.image)
    nuclei = None if job.nuclei is None else _write(folder, _nuclei_name(job.nuclei), job.nuclei)
    notes = Notes()
    names = {str(image): shown(job.image.name), str(folder / RESULTS): "this page"}
    if job.nuclei is not None:
        names[str(nuclei)] = shown(job.nuclei.name)
    try:
        with open_image(image, job.mpp, "mpp") as opened:
            check_pixels(job.image.name, opened.size, limits.field_pixels, "a field")
            _write_picture(opened, folder)
            _check_count(nuclei, opened, limits)
        options = Options(job.mpp, formats=FORMATS, mpp_option="mpp")
        classify_image(Job(image, nuclei, folder / RESULTS), bundle, options, notes)
    except NucleoscopeError as failure:
        raise type(failure)(_renamed(str(failure), names)) from failure
    return [_renamed(line, names) for line in notes.lines]


def _write(folder: Path, name: str, file: SentFile) -> Path:
    path = folder / name
    path.write_bytes(file.content)
    return path


def _nuclei_name(file: SentFile) -> str:
    """A name of ours for a file of nuclei.

    Raises:
        DataError: it is no text.
    """
    if file.content.startswith(_NO_TEXT) or b"\0" in file.content:
        raise DataError(
            f"{shown(file.name)} is no text; expected nuclei as GeoJSON or as a CSV with x and y: unpack it"
        )
    return "nuclei.geojson" if file.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "nuclei.csv"


def _check_count(nuclei: Path | None, image: SlideImage, limits: Limits) -> None:
    if nuclei is not None and (count := len(open_nuclei(nuclei, image.mpp))) > limits.nuclei:
        raise TooLargeError(f"{nuclei} holds {count:,} nuclei; expected {limits.nuclei:,} at most: cut the field")


def _write_picture(image: SlideImage, folder: Path) -> None:
    Image.fromarray(image.thumbnail(_LONGEST_SIDE)).save(folder / PICTURE, quality=_QUALITY)


def _renamed(text: str, names: dict[str, str]) -> str:
    """A line without paths of this machine."""
    for path, name in names.items():
        text = text.replace(path, name)
    return text
