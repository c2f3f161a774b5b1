"""Choosing the threshold and the separation of a detector on fields whose nuclei are known."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from nucleoscope.slides.detection.finding import find_nuclei
from nucleoscope.slides.detection.found import FoundNuclei
from nucleoscope.slides.detection.haematoxylin import HaematoxylinDetector
from nucleoscope.slides.detection.labelled import LabelledField
from nucleoscope.slides.detection.learned import LearnedDetector
from nucleoscope.slides.detection.peaks import strongest
from nucleoscope.slides.detection.scoring import DetectionScore, score_centres

SEPARATIONS = (2.5, 3.0, 3.5, 4.0)
"""In um."""
_PARTS = 50  # thresholds that are tried are the quantiles of the responses that part them into so many

Kind = TypeVar("Kind", LearnedDetector, HaematoxylinDetector)


@dataclass(frozen=True)
class Choice:
    """What was best.

    Attributes:
        threshold: least response.
        separation: in um.
        score: with these, on the fields they were chosen on: better than on others.
        fields: their names.
    """

    threshold: float
    separation: float
    score: DetectionScore
    fields: tuple[str, ...]

    def applied_to(self, detector: Kind) -> Kind:
        """The detector with this threshold and separation."""
        return dataclasses.replace(detector, threshold=self.threshold, separation=self.separation)


def choose(detector: Kind, fields: Sequence[LabelledField]) -> Choice:
    """The threshold and separation with the best F1 on all fields together.

    Args:
        detector: its own threshold is the lowest that is tried; its separation does not matter.
        fields: with all of their nuclei.
    """
    maxima = [find_nuclei(field.image, dataclasses.replace(detector, separation=0.0)) for field in fields]
    choices = []
    for separation in SEPARATIONS:
        found: list[FoundNuclei] = [
            _separated(nuclei, field, separation) for nuclei, field in zip(maxima, fields, strict=True)
        ]
        scores = np.concatenate([detector.threshold + np.zeros(1), *(nuclei.scores for nuclei in found)])
        for threshold in np.unique(np.quantile(scores, np.linspace(0.0, 1.0, _PARTS + 1)[:-1])).tolist():
            score = DetectionScore.total(map(above, found, fields, [threshold] * len(fields)))
            choices.append(Choice(threshold, separation, score, tuple(field.name for field in fields)))
    return max(choices, key=lambda choice: np.nan_to_num(choice.score.f1))


def _separated(found: FoundNuclei, field: LabelledField, separation: float) -> FoundNuclei:
    """What the detector would have found with this separation in um: a weaker maximum never outdoes a stronger one."""
    kept = strongest(found.centres, found.scores, separation / field.image.mpp)
    return dataclasses.replace(found, centres=found.centres[kept], scores=found.scores[kept])


def above(found: FoundNuclei, field: LabelledField, threshold: float) -> DetectionScore:
    """The score of those with this response or a higher one."""
    return score_centres(found.centres[found.scores >= threshold], field.centres, field.image.mpp)
