"""Fields and slides that were classified into the run folder."""

import json
from pathlib import Path
from typing import Any

from nucleoscope.report.material import Material, Section
from nucleoscope.report.pictures import picture_of_file
from nucleoscope.slides.writing.results import FORMATS

FOLDER = "fields"
"""Where in a run folder the report looks for what `classify` wrote."""


def fields(material: Material) -> Section:
    """Counts of each image, with its picture."""
    paths = [path for run in material.runs for path in summaries(run.folder.path)]
    shown = [_field(path, material, picture=i < material.budget.sheets) for i, path in enumerate(paths)]
    missing = (
        "No field or slide was classified into this folder; `nucleoscope classify IMAGE --model RUN/model2/model "
        f"--out RUN/{FOLDER}/NAME` adds one."
    )
    return Section("fields", "Fields and slides", {"fields": shown} if shown else None, missing)


def summaries(run: Path) -> list[Path]:
    """The summaries of the images that were classified into a run folder."""
    return sorted((run / FOLDER).rglob(FORMATS["summary"].file))


def _field(path: Path, material: Material, *, picture: bool) -> dict[str, Any]:
    summary: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    overlay = path.parent / FORMATS["overlay"].file
    colours = dict(zip(material.classes, material.colours, strict=True))
    return summary | {
        "classes": [(name, colours.get(name, ""), of) for name, of in summary["classes"].items()],
        "overlay": picture_of_file(overlay, f"{summary['image']} with a dot on each nucleus", material.budget)
        if picture and overlay.is_file()
        else None,
    }
