"""How sure a model may be: calibration, and sets of possible classes."""

from typing import Any

from nucleoscope.evaluation.calibration import reliability
from nucleoscope.pipeline.known_failures import calibration_sentence
from nucleoscope.report.charts.reliability import draw_reliability
from nucleoscope.report.material import Material, Section
from nucleoscope.report.results import Entry


def calibration(material: Material) -> Section | None:
    """Reliability diagrams, and what the temperature changed."""
    if not material.measured:
        return None
    models = [
        {
            "title": entry.title,
            "chart": draw_reliability(
                reliability(entry.predictions.probabilities, entry.predictions.labels), entry.title
            ),
            "sentence": calibration_sentence(entry.found),
            "temperature": entry.metrics.get("temperature"),
            "before": entry.metrics.get("ece_before_temperature"),
            "after": entry.metrics["ece"],
        }
        for entry in material.measured
    ]
    return Section("calibration", "Calibration", {"models": models})


def sets(material: Material) -> Section | None:
    """What conformal sets of possible classes are worth."""
    found = [(entry.title, _sets(entry)) for entry in material.measured if entry.metrics.get("conformal")]
    if not found:
        return None
    return Section("sets", "Sets of possible classes", {"models": found})


def _sets(entry: Entry) -> dict[str, Any]:
    figures: dict[str, Any] = entry.metrics["conformal"]
    sentence = figures["sentence"]
    return figures | {"sentence": sentence[0].upper() + sentence[1:] + "."}
