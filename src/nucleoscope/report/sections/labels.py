"""Labels that are likely wrong, where a review was made."""

import csv
from dataclasses import dataclass
from typing import Any

from nucleoscope.pipeline.review_files import LABELS
from nucleoscope.report.material import Material, Section
from nucleoscope.report.pictures import Picture, crop_picture, picture_of_file
from nucleoscope.report.results import Entry

_A_SHEET = 12  # suspects, for each contact sheet that the budget allows


@dataclass(frozen=True)
class Suspect:
    """A line of `labels.csv`; the picture is None where crops cannot be read."""

    name: str
    label: str
    suggested: str
    probability_label: float
    probability_suggested: float
    corrected: str
    picture: Picture | None


def labels(material: Material) -> Section:
    """The most suspicious labels of each review."""
    reviews = [
        _review(entry, material)
        for run in material.runs
        for entry in (Entry(run, model) for model in run.models.values())
        if entry.model.review is not None
    ]
    missing = "Labels were not reviewed; `nucleoscope review RUN` looks for those that are likely wrong."
    return Section("labels", "Labels that are likely wrong", {"reviews": reviews} if reviews else None, missing)


def _review(entry: Entry, material: Material) -> dict[str, Any]:
    record = entry.model.review
    assert record is not None
    suspects = _suspects(entry, material)
    sheets = [] if material.crops.dataset is not None else record["sheets"][: material.budget.sheets]
    return {
        "title": entry.title,
        "record": record,
        "suspects": suspects,
        "sheets": [
            picture_of_file(entry.model.folder.review / name, f"contact sheet {number} of suspects", material.budget)
            for number, name in enumerate(sheets, start=1)
        ],
    }


def _suspects(entry: Entry, material: Material) -> list[Suspect]:
    with (entry.model.folder.review / LABELS).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))[: _A_SHEET * material.budget.sheets]
    suspects = []
    for row in rows:
        crop = material.crops.crop(row["name"])
        alt = f"crop {row['name']}, labelled {row['label']}"
        suspects.append(
            Suspect(
                row["name"],
                row["label"],
                row["suggested"],
                float(row["probability_label"]),
                float(row["probability_suggested"]),
                row["corrected"],
                None if crop is None else crop_picture(crop, alt, material.budget),
            )
        )
    return suspects
