"""Confusion matrices whose cells show their crops, and what was done about the confusions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.metrics import confusion
from nucleoscope.evaluation.remedies import worst_pair
from nucleoscope.pipeline.known_failures import largest_confusion
from nucleoscope.prediction.table import Predictions
from nucleoscope.report.material import Material, Section
from nucleoscope.report.pictures import Picture, crop_picture
from nucleoscope.report.results import Entry

_STRIP = 8  # crops of the worst confusion that are shown without a click


@dataclass(frozen=True)
class Cell:
    """A cell of a matrix.

    Attributes:
        true: class number of the row.
        predicted: class number of the column.
        count: crops in it.
        share: of its row; None in the row of a class without crops.
        worst: whether it is the largest confusion.
        crops: positions of those that are shown, the most telling first.
    """

    true: int
    predicted: int
    count: int
    share: float | None
    worst: bool
    crops: tuple[int, ...]


@dataclass(frozen=True)
class Matrix:
    """The matrix of one model.

    Attributes:
        key: names it in the page.
        entry: the model.
        rows: of cells.
        support: crops of each class.
        sentence: its worst confusion.
        strip: names of the crops of that which are shown without a click.
    """

    key: str
    entry: Entry
    rows: list[list[Cell]]
    support: list[int]
    sentence: str
    strip: list[str]


def matrices(material: Material) -> list[Matrix]:
    """One for each model that was evaluated."""
    return [_matrix(f"m{number}", entry, material) for number, entry in enumerate(material.measured)]


def _matrix(key: str, entry: Entry, material: Material) -> Matrix:
    found = entry.predictions
    predicted = found.probabilities.argmax(axis=1)
    counts = confusion(found.labels, predicted, len(found.classes))
    support = counts.sum(axis=1)
    worst = worst_pair(counts)
    each = _crops_a_cell(counts, material)
    rows = [
        [
            Cell(
                true,
                taken,
                int(counts[true, taken]),
                float(counts[true, taken] / support[true]) if support[true] else None,
                (true, taken) == worst,
                tuple(_telling(found, predicted, true, taken)[:each]),
            )
            for taken in range(len(counts))
        ]
        for true in range(len(counts))
    ]
    shown = () if worst is None else rows[worst[0]][worst[1]].crops[:_STRIP]
    strip = [found.names[i] for i in shown] if material.crops.dataset is not None else []
    return Matrix(key, entry, rows, support.tolist(), largest_confusion(found), strip)


def _crops_a_cell(counts: NDArray[np.int64], material: Material) -> int:
    """How many crops a cell may show so that all cells together keep within the budget."""
    budget = material.budget
    for each in range(budget.crops, 0, -1):
        if np.minimum(counts, each).sum() <= budget.cell_crops:
            return each
    return 1


def _telling(found: Predictions, predicted: NDArray[np.int64], true: int, taken: int) -> list[int]:
    """The crops of a cell: of a confusion the surest first, of the diagonal the least sure."""
    members = np.flatnonzero((found.labels == true) & (predicted == taken))
    sureness = found.probabilities[members].max(axis=1)
    order = np.argsort(sureness if true == taken else -sureness, kind="stable")
    positions: list[int] = members[order].tolist()
    return positions


def crop_facts(found: Matrix) -> dict[str, Any]:
    """What the page's script must know of a matrix: of each cell the crops, with their probabilities."""
    predictions = found.entry.predictions
    return {
        "title": found.entry.title,
        "protocol": str(found.entry.run.protocol),
        "cells": {
            f"{cell.true}-{cell.predicted}": {
                "count": cell.count,
                "crops": [
                    {
                        "name": predictions.names[i],
                        "probabilities": [round(float(p), 4) for p in predictions.probabilities[i]],
                    }
                    for i in cell.crops
                ],
            }
            for row in found.rows
            for cell in row
            if cell.count
        },
    }


def pictures_of(names: Iterable[str], material: Material) -> dict[str, Picture]:
    """The crops of these names, each once."""
    pictures = {}
    for name in dict.fromkeys(names):
        crop = material.crops.crop(name)
        if crop is not None:
            pictures[name] = crop_picture(crop, f"crop {name}", material.budget)
    return pictures


def remedies(material: Material) -> Section | None:
    """What class weights and logit adjustment change, for each model."""
    tables = [(entry.title, _tables(entry)) for entry in material.measured if "remedy" in entry.metrics]
    if not tables:
        return None
    return Section("remedies", "What was done about the confusions", {"tables": tables})


def _tables(entry: Entry) -> list[dict[str, Any]]:
    remedy = entry.metrics["remedy"]
    weights, adjustment = remedy["class_weights"], remedy["logit_adjustment"]
    return [
        {
            "name": f"class weights, power {weights['power']:g}",
            "applied": weights["applied"],
            "before": weights["before"],
            "after": weights["after"],
            "hint": "the fit without them was not made; --compare-balance does"
            if weights["applied"]
            else "the fit with them was not made; --compare-balance does",
        },
        {
            "name": f"logit adjustment, strength {adjustment['strength']:g}, fitted on {adjustment['fitted_on']}",
            "applied": adjustment["applied"],
            "before": adjustment["before"],
            "after": adjustment["after"],
            "hint": "",
        },
    ]
