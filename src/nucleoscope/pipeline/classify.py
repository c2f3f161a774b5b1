"""The job of `nucleoscope classify`: an image, its nuclei and a bundle in, a folder of classified nuclei out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.data.reading.wording import counted
from nucleoscope.data.resolution import same_resolution
from nucleoscope.errors import DataError, NucleoscopeError
from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.files import replacing_folder
from nucleoscope.models.bundle import Bundle
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.prediction.engines.catalogue import AUTO
from nucleoscope.slides.classification import classify_nuclei
from nucleoscope.slides.detection import Detector, FoundNuclei, find_nuclei
from nucleoscope.slides.engines import open_engines
from nucleoscope.slides.image import SlideImage, open_image
from nucleoscope.slides.image.slide_image import FROM_OPTION
from nucleoscope.slides.jobs import Job
from nucleoscope.slides.nuclei import NucleusFile, open_nuclei
from nucleoscope.slides.nuclei.nucleus_file import summarised
from nucleoscope.slides.results import Verdicts
from nucleoscope.slides.writing import ImageFacts, Summary, write_results

USUAL_FORMATS = ("geojson", "csv", "overlay")
"""For which no further package is needed."""

_OVERLAY, _SUMMARY = "overlay", "summary"
_PICTURE = 3000  # pixels of the longer side of the picture that is drawn on


@dataclass(frozen=True)
class Options:
    """How images are classified.

    Attributes:
        mpp: micrometres per pixel of the images; None takes what the files say.
        engine: name of an engine for crops, or "auto".
        formats: of the results, by name; see `slides.writing`. The summary is always written.
        detector: that finds nuclei where no file says where they are; None takes stain separation.
        mpp_option: what `mpp` is given with, for messages.
    """

    mpp: float | None = None
    engine: str = AUTO
    formats: tuple[str, ...] = USUAL_FORMATS
    detector: Detector | None = None
    mpp_option: str = FROM_OPTION


def classify_images(jobs: Sequence[Job], bundle: Bundle, options: Options, reporter: Reporter) -> None:
    """Classify the nuclei of one image after another; one that fails does not keep the others from it.

    Raises:
        NucleoscopeError: an image could not be classified; where there are several, when the others are done.
    """
    failed = []
    for job in jobs:
        try:
            classify_image(job, bundle, options, reporter)
        except NucleoscopeError as failure:
            if len(jobs) == 1:
                raise
            failed.append(job.image.name)
            reporter.say(f"not classified: {failure}")
    if failed:
        raise DataError(
            f"{len(failed)} of {counted(len(jobs), 'image')} could not be classified ({', '.join(failed)}): see above; "
            "the others are done"
        )


def classify_image(job: Job, bundle: Bundle, options: Options, reporter: Reporter) -> Summary:
    """Classify the nuclei of one image; the folder of the results is there with all of them, or not at all.

    Raises:
        DataError: the image or the file of nuclei cannot be read, or they do not belong together.
        ConfigError: a resolution, an engine or a format that is no such thing, or a package is missing.
        EngineError: the engine cannot be used.
    """
    with open_image(job.image, options.mpp, options.mpp_option) as image:
        _tell_image(image, bundle, reporter)
        nuclei = _nuclei_of(job, image, options.detector, reporter)
        engines = open_engines(bundle, image, nuclei.centres, options.engine)
        if engines.runner.note:
            reporter.say(engines.runner.note)
        with replacing_folder(job.out) as folder, reporter.bar(f"classifying with {engines.name}") as bar:
            verdicts = classify_nuclei(engines, image, nuclei.centres, bar)
            summary = _write(folder, image, nuclei, verdicts, bundle.config.classes, options.formats)
    reporter.say(f"{_in_words(summary)}: {job.out}")
    return summary


def _write(
    folder: Path,
    image: SlideImage,
    nuclei: NucleusFile | FoundNuclei,
    verdicts: Iterator[Verdicts],
    classes: tuple[str, ...],
    formats: Sequence[str],
) -> Summary:
    return write_results(
        folder,
        ImageFacts(image.path.name, image.mpp, image.size),
        nuclei,
        verdicts,
        dict(zip(classes, class_colours(len(classes)), strict=True)),
        list(dict.fromkeys([*formats, _SUMMARY])),
        source=nuclei.path.name if isinstance(nuclei, NucleusFile) else nuclei.kind,
        left_out=nuclei.skipped,
        picture=image.thumbnail(_PICTURE) if _OVERLAY in formats else None,
    )


def _in_words(summary: Summary) -> str:
    """How many nuclei of each class there are."""
    shares = [f"{count / summary.classified:.1%} {name}" for name, count in summary.counts.items() if count]
    doubts = ", ".join(f"{count:,} {reason}" for reason, count in summary.unsure.items())
    unsure = f"; {sum(summary.unsure.values()):,} unsure ({doubts})" if doubts else ""
    return f"{counted(summary.classified, 'nucleus', 'nuclei')} classified ({', '.join(shares) or 'none'}){unsure}"


def _tell_image(image: SlideImage, bundle: Bundle, reporter: Reporter) -> None:
    width, height = image.size
    reporter.say(
        f"{image.path}: {image.kind} of {width:,}x{height:,} pixels at {image.mpp:g} um/pixel "
        f"({image.mpp_origin} says so)"
    )
    for note in image.notes:
        reporter.say(note)
    wanted = bundle.config.mpp
    if wanted is None:
        reporter.say("the bundle has no resolution on record: nuclei are shown to it at the image's own")
    elif not same_resolution(image.mpp, wanted):
        reporter.say(f"it is resampled to the model's {wanted:g} um/pixel, region by region")
    if bundle.config.novelty_threshold is None:
        reporter.say("the bundle is older than the threshold for foreign nuclei: none is marked; train again for it")


def _nuclei_of(job: Job, image: SlideImage, detector: Detector | None, reporter: Reporter) -> NucleusFile | FoundNuclei:
    if job.nuclei is None:
        with reporter.bar("finding nuclei") as bar:
            found = find_nuclei(image, detector, bar)
        reporter.say(f"{counted(len(found), 'nucleus', 'nuclei')} found by {found.kind}")
        return found
    nuclei = open_nuclei(job.nuclei, image.mpp).within(image.size)
    left_out = f"; left out: {summarised(nuclei.skipped)}" if nuclei.skipped else ""
    reporter.say(f"{counted(len(nuclei), 'nucleus', 'nuclei')} in {job.nuclei} ({nuclei.kind}){left_out}")
    return nuclei
