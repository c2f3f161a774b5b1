"""Finding nuclei: precision, recall and F1 of the untrained and the trained detector on fields with known nuclei.

    NUCLEOSCOPE_DATA=... python benchmarks/detection.py [--folds 2] [--seed 0] [--steps 400] [--pictures DIR]

Fields with all nuclei (crc-fields, 0.55 um/pixel) are parted into folds at random. For each fold, everything is chosen
on the other fields only: of the untrained detector its widths, darkness, threshold and separation, of the trained one
the weights (`train_detector`, whose threshold comes from a part of these fields). A found and a known nucleus match
within 3 um, one to one, with the most pairs that there can be (Hungarian method). On the fields with some known nuclei
(fields, 0.25 um/pixel, another scanner) only recall can be counted, with detectors that saw all crc-fields and nothing
else; beside it how many were found, since who finds everything recalls everything. One thread.
"""

import argparse
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from nucleoscope.runtime import use_threads
from nucleoscope.slides.detection import Detector, HaematoxylinDetector, find_nuclei, save_detector
from nucleoscope.slides.detection.choosing import choose
from nucleoscope.slides.detection.labelled import LabelledField, read_labelled_fields
from nucleoscope.slides.detection.scoring import RADIUS_UM, DetectionScore, match_centres, score_centres
from nucleoscope.slides.detection.settings import DetectorSettings
from nucleoscope.slides.detection.training import train_detector

ALL_MPP, SOME_MPP = 0.55, 0.25
BLOBS = ((1.5,), (2.0,), (2.5,), (1.5, 2.5))
DARKNESS = (0.7, 1.0)
LOWEST = 0.01  # response of the untrained detector


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with crc-fields/ and fields/"
    )
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=DetectorSettings.steps)
    parser.add_argument("--detectors", default="untrained,trained")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of what is found and missed")
    parser.add_argument("--detector", type=Path, help="folder to write the detector of all crc-fields to")
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real fields are needed: set NUCLEOSCOPE_DATA or give --data")
    use_threads(1)
    fields = read_labelled_fields(Path(options.data) / "crc-fields", ALL_MPP)
    cross_validate(fields, options)
    other_scanner(fields, read_labelled_fields(Path(options.data) / "fields", SOME_MPP, ".csv"), options)


def cross_validate(fields: Sequence[LabelledField], options: argparse.Namespace) -> None:
    fold_of = np.random.default_rng(options.seed).permutation(len(fields)) % options.folds
    scores: dict[str, list[DetectionScore]] = {}
    print("| detector | fold | fields | known | found | precision | recall | F1 | chosen on the others |")
    print("|---|---|---|---|---|---|---|---|---|")
    for fold in range(options.folds):
        others = [field for field, own in zip(fields, fold_of, strict=True) if own != fold]
        measured = [field for field, own in zip(fields, fold_of, strict=True) if own == fold]
        for what, detector, chosen in detectors(others, options):
            parts = [score(detector, field, options.pictures, what) for field in measured]
            scores.setdefault(what, []).extend(parts)
            print(line(f"{what} | {fold + 1}", parts, chosen), flush=True)
    for what, parts in scores.items():
        print(line(f"{what} | all", parts, ""), flush=True)


def other_scanner(
    fields: Sequence[LabelledField], others: Sequence[LabelledField], options: argparse.Namespace
) -> None:
    print("\n| detector, from all crc-fields | known | recall | found | CPU seconds a mm2 | chosen |")
    print("|---|---|---|---|---|---|")
    for what, detector, chosen in detectors(fields, options, options.detector):
        started = time.process_time()
        parts = [score(detector, field, options.pictures, what) for field in others]
        seconds = time.process_time() - started
        area = sum(field.image.size[0] * field.image.size[1] * field.image.mpp**2 for field in others) / 1e6
        total = DetectionScore.total(parts)
        print(
            f"| {what} | {total.known:,} | {total.recall:.3f} | {total.found:,} | {seconds / area:.1f} | {chosen} |",
            flush=True,
        )


def detectors(
    fields: Sequence[LabelledField], options: argparse.Namespace, keep: Path | None = None
) -> Iterator[tuple[str, Detector, str]]:
    """The detectors as these fields would have them: name, detector, what was chosen."""
    if "untrained" in options.detectors.split(","):
        floor = best_untrained(fields)
        yield (
            "untrained",
            floor,
            f"blobs {floor.blobs} um, darkness {floor.darkness}, threshold {floor.threshold:.3f}, "
            f"separation {floor.separation} um",
        )
    if "trained" in options.detectors.split(","):
        started = time.process_time()
        trained, choice = train_detector(fields, DetectorSettings(steps=options.steps, seed=options.seed))
        seconds = time.process_time() - started
        if keep:
            save_detector(keep, trained, {"fields": len(fields)})
        yield (
            "trained",
            trained,
            f"threshold {choice.threshold:.2f}, separation {choice.separation} um "
            f"(F1 {choice.score.f1:.3f} where chosen), {seconds:.0f} CPU seconds",
        )


def best_untrained(fields: Sequence[LabelledField]) -> HaematoxylinDetector:
    """The one with the best F1 on these fields."""
    candidates = [
        HaematoxylinDetector(blobs=blobs, darkness=darkness, threshold=LOWEST)
        for blobs, darkness in itertools.product(BLOBS, DARKNESS)
    ]
    choices = [(candidate, choose(candidate, fields)) for candidate in candidates]
    candidate, choice = max(choices, key=lambda pair: pair[1].score.f1)
    return choice.applied_to(candidate)


def score(detector: Detector, field: LabelledField, pictures: Path | None, what: str) -> DetectionScore:
    found = find_nuclei(field.image, detector).centres
    if pictures:
        draw(field, found, pictures / f"{field.name}-{what}.png")
    return score_centres(found, field.centres, field.image.mpp)


def line(what: str, parts: Sequence[DetectionScore], chosen: str) -> str:
    total = DetectionScore.total(parts)
    return (
        f"| {what} | {len(parts)} | {total.known:,} | {total.found:,} | {total.precision:.3f} | {total.recall:.3f} "
        f"| {total.f1:.3f} | {chosen} |"
    )


def draw(field: LabelledField, found: np.ndarray, path: Path) -> None:
    """Green: found and known; red: known and missed; yellow: found and not known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    of_found, of_known = match_centres(found, field.centres, RADIUS_UM / field.image.mpp)
    picture = Image.fromarray(field.image.read(0, 0, *field.image.size))
    scale = 2 if max(picture.size) < 700 else 1
    picture = picture.resize((picture.width * scale, picture.height * scale))
    canvas = ImageDraw.Draw(picture)
    groups = (
        (found[of_found], "lime"),
        (np.delete(field.centres, of_known, axis=0), "red"),
        (np.delete(found, of_found, axis=0), "yellow"),
    )
    for places, colour in groups:
        for x, y in (places * scale).tolist():
            canvas.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour, outline="black")
    picture.save(path)


if __name__ == "__main__":
    main()
