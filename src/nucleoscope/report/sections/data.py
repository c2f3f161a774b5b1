"""The data: how many crops, what they look like, which share pixels, and what is right without learning."""

from typing import Any

import numpy as np

from nucleoscope.data.splits import Part
from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.evaluation.baselines import BaselineName
from nucleoscope.pipeline.audit_summary import summarise_audit
from nucleoscope.report.material import Material, Section
from nucleoscope.report.pictures import Picture, crop_picture
from nucleoscope.report.results import RunResults
from nucleoscope.report.sections.headline import bar_of
from nucleoscope.report.sections.tile_mosaic import largest_tile

_SAMPLES = 8  # crops of each class

_ANSWERS = {
    BaselineName.LARGEST_CLASS: "always the largest class",
    BaselineName.NEAREST_COLOURS: "the label of the crop nearest in colour",
    BaselineName.TILE_MAJORITY: "the majority of the tile",
    BaselineName.CLOSEST_CROP: "copying the label of the crop that shares most pixels",
}


def data(material: Material) -> Section:
    """The section."""
    run = material.runs[0].parts[0]
    content = {
        "counts": _counts(material),
        "samples": _samples(material),
        "audit": summarise_audit(run.audit) if run.audit else [],
        "leaks": _leaks(run),
        "baselines": _baselines(material, run),
        "mosaic": largest_tile(material),
        "absence": material.crops.absence,
        "notes": [] if material.crops.dataset is None else list(material.crops.dataset.notes),
    }
    return Section("data", "Data", content)


def _counts(material: Material) -> list[dict[str, Any]]:
    """Of each run, the crops of each class in each part; empty where the labels cannot be read."""
    if material.crops.dataset is None:
        return []
    return [_parts(material, run) for run in material.runs]


def _parts(material: Material, run: RunResults) -> dict[str, Any]:
    assert material.crops.dataset is not None
    crops = material.crops.dataset.crops
    lines = read_split_lines(run.parts[0].folder.split)
    part = np.array([lines[name][0] for name in crops.names])
    labels = crops.targets()
    return {
        "title": f"{run.protocol} split" + (f", first of {len(run.folds)} folds" if run.folds else ""),
        "parts": [str(each) for each in Part],
        "rows": [
            (name, [int(((part == each) & (labels == c)).sum()) for each in Part], int((labels == c).sum()))
            for c, name in enumerate(crops.classes)
        ],
        "largest": int(crops.class_counts().max()),
        "totals": [int((part == each).sum()) for each in Part],
        "all": len(crops),
    }


def _samples(material: Material) -> list[tuple[str, list[Picture]]]:
    """Some crops of each class, at random."""
    if material.crops.dataset is None:
        return []
    crops = material.crops.dataset.crops
    random = np.random.default_rng(0)
    samples = []
    for c, name in enumerate(crops.classes):
        members = np.flatnonzero(crops.targets() == c)
        some = random.permutation(members)[: min(_SAMPLES, 4 * material.budget.crops)]
        pictures = [crop_picture(crops.images[i], f"{name}: crop {crops.names[i]}", material.budget) for i in some]
        samples.append((name, pictures))
    return samples


def _leaks(run: RunResults) -> list[tuple[str, dict[str, Any]]]:
    """Of each protocol that can be made, what validation crops have in common with training crops."""
    if run.audit is None:
        return []
    return [(protocol, split["validation"]) for protocol, split in run.audit["splits"].items() if split is not None]


def _baselines(material: Material, run: RunResults) -> dict[str, Any] | None:
    """A line for each way of answering without learning, and for each model; a column for each protocol."""
    if run.audit is None:
        return None
    splits = {protocol: split for protocol, split in run.audit["splits"].items() if split is not None}
    lines = [
        (answer, [splits[protocol]["baselines"][name]["accuracy"] for protocol in splits])
        for name, answer in _ANSWERS.items()
    ]
    reached = {(entry.model.kind, entry.run.protocol): bar_of(entry) for entry in material.measured}
    models = [
        (str(kind), [reached[kind, protocol].accuracy if (kind, protocol) in reached else None for protocol in splits])
        for kind in material.kinds
    ]
    return {
        "protocols": [(protocol, split["validation"]["crops"]) for protocol, split in splits.items()],
        "lines": lines,
        "models": models,
        "folds": bool(material.runs[0].folds),
    }
