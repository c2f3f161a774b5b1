"""Training a detector of nuclei from a folder of labelled fields."""

from pathlib import Path
from typing import Any

from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline.reporter import Reporter, Silent
from nucleoscope.pipeline.versions import versions
from nucleoscope.slides.detection.bundle import save_detector
from nucleoscope.slides.detection.choosing import Choice
from nucleoscope.slides.detection.labelled import LabelledField, read_labelled_fields
from nucleoscope.slides.detection.learned import LearnedDetector
from nucleoscope.slides.detection.scoring import RADIUS_UM
from nucleoscope.slides.detection.settings import DetectorSettings
from nucleoscope.slides.detection.training import train_detector


def make_detector(
    folder: Path,
    out: Path,
    mpp: float | None = None,
    settings: DetectorSettings | None = None,
    reporter: Reporter | None = None,
) -> LearnedDetector:
    """Train a detector and write it.

    Args:
        folder: of fields with all of their nuclei, see `read_labelled_fields`.
        out: a new or empty folder for the detector.
        mpp: micrometres per pixel of the fields; None takes what the files say.
        settings: of the training.
        reporter: is told what happens.

    Raises:
        NucleoscopeError: the fields cannot be used, or the folder is not empty.
    """
    settings, reporter = settings or DetectorSettings(), reporter or Silent()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RunFolderError(f'"{out}" exists and is not an empty folder; expected a new one: choose another --out')
    fields = read_labelled_fields(folder, mpp)
    with reporter.bar(f"training on {counted(len(fields), 'field')}") as bar:
        detector, choice = train_detector(fields, settings, bar)
    save_detector(out, detector, _provenance(fields, settings, choice))
    score = choice.score
    reporter.say(
        f"{out}: on {counted(len(choice.fields), 'field')} held back at first, {score.known:,} nuclei, F1 "
        f"{score.f1:.1%} (precision {score.precision:.1%}, recall {score.recall:.1%}, within {RADIUS_UM:g} um); its "
        "threshold was chosen on them, so expect less elsewhere; then it was fitted to all fields"
    )
    return detector


def _provenance(fields: list[LabelledField], settings: DetectorSettings, choice: Choice) -> dict[str, Any]:
    return {
        "fields": len(fields),
        "nuclei": sum(len(field.centres) for field in fields),
        "names": [field.name for field in fields],
        "fields_mpp": sorted({field.image.mpp for field in fields}),
        "settings": settings.to_mapping(),
        "threshold_chosen_on": {
            "fields": list(choice.fields),
            "nuclei": choice.score.known,
            "found": choice.score.found,
            "matched": choice.score.matched,
            "radius_um": RADIUS_UM,
        },
        "versions": versions(),
    }
