"""What each model is known to do badly, in sentences from its own run, with the figures of each class."""

from nucleoscope.pipeline.known_failures import known_failures
from nucleoscope.report.material import Material, Section


def failures(material: Material) -> Section | None:
    """Known failures, and precision, recall and F1 of each class."""
    if not material.measured:
        return None
    models = [
        {
            "title": entry.title,
            "protocol": str(entry.run.protocol),
            "metrics": entry.metrics,
            "failures": known_failures(entry.found),
        }
        for entry in material.measured
    ]
    return Section("failures", "What is known to fail", {"models": models})
