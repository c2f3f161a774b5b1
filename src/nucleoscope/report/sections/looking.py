"""What a model looks at: accuracy without the nucleus, and attribution maps with what speaks for believing them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.explanation.attributions import NAMES, Method
from nucleoscope.explanation.centre import RADIUS
from nucleoscope.explanation.explain import FOLDER, TRUST_PAGE
from nucleoscope.report.charts.erasing import draw_erasing
from nucleoscope.report.material import Material, Section
from nucleoscope.report.pictures import Picture, crop_picture, picture_of_file
from nucleoscope.report.results import Entry

_EXPLAIN = "`nucleoscope explain RUN` adds it."


@dataclass(frozen=True)
class Explained:
    """A crop with its maps.

    Attributes:
        facts: its entry in `explanations.json`.
        pictures: the crop and a map for each method, by name; empty where the run kept none.
    """

    facts: dict[str, Any]
    pictures: dict[str, Picture]


def nucleus(material: Material) -> Section:
    """Does it look at the nucleus?"""
    models = [
        {
            "title": entry.title,
            "chart": draw_erasing(entry.model.nucleus, entry.title),
            "sentences": [entry.model.nucleus["sentence"], entry.model.nucleus["share_sentence"]],
        }
        for entry in material.measured
        if entry.model.nucleus is not None
    ]
    missing = f"Not measured in this run; {_EXPLAIN}"
    return Section("nucleus", "Does it look at the nucleus?", {"models": models} if models else None, missing)


def explanations(material: Material) -> Section:
    """Maps of telling crops."""
    models = [_explained_model(entry, material) for entry in material.measured if entry.model.explanations]
    content = {"models": models, "names": NAMES} if models else None
    return Section("explanations", "Explanations", content, f"No attribution maps in this run; {_EXPLAIN}")


def _explained_model(entry: Entry, material: Material) -> dict[str, Any]:
    record = entry.model.explanations
    assert record is not None
    folder = entry.model.folder.path / FOLDER
    crops = list(explained_crops(entry, material))
    trust = folder / TRUST_PAGE
    return {
        "title": entry.title,
        "protocol": record["protocol"],
        "crops": record["crops"],
        "explained": crops,
        "methods": [name for name in (crops[0].pictures if crops else ()) if name in list(Method)],
        "scales": record["colour_scale"],
        "unavailable": list(record["unavailable"].values()),
        "uniform": record["uniform_central_share"],
        "ring": 100 * (0.5 - record.get("radius", RADIUS)),  # per cent of a side that are left outside of it
        "pages": [] if crops and crops[0].pictures else _pages(entry, material),
        "trust": record["trust"],
        "trust_page": picture_of_file(
            trust, f"{entry.title}: checks of the attribution methods, as told in the table", material.budget
        )
        if trust.is_file()
        else None,
    }


def _pages(entry: Entry, material: Material) -> list[Picture]:
    """The pages of a run that is older than the atlas."""
    paths = sorted((entry.model.folder.path / FOLDER).glob("page-*.png"))
    return [
        picture_of_file(path, f"{entry.title}: attribution maps, page {number}", material.budget)
        for number, path in enumerate(paths, start=1)
    ]


def explained_crops(entry: Entry, material: Material) -> Iterator[Explained]:
    """The crops of a model that have maps, cut from the atlas where there is one."""
    record = entry.model.explanations
    if record is None:
        return
    atlas = record.get("atlas")
    image = None if atlas is None else _read(entry, atlas["file"])
    for row, facts in enumerate(record["explanations"]):
        pictures = {}
        if atlas is not None and image is not None:
            top, height, width = row * atlas["height"], atlas["height"], atlas["width"]
            for column, name in enumerate(atlas["columns"]):
                cell = image[top : top + height, column * width : (column + 1) * width]
                pictures[name] = crop_picture(cell, _alt(name, facts), material.budget)
        yield Explained(facts, pictures)


def _read(entry: Entry, file: str) -> NDArray[np.uint8]:
    with Image.open(entry.model.folder.path / FOLDER / file) as image:
        return np.asarray(image.convert("RGB"))


def _alt(column: str, facts: dict[str, Any]) -> str:
    crop = f"crop {facts['name']}, true {facts['true']}, predicted {facts['predicted']}"
    if column not in list(Method):
        return crop
    share = facts["central_share"][column]
    where = "all zero" if share is None else f"{share:.0%} of it in the central disc"
    return f"{NAMES[Method(column)]} map of {crop}: {where}"
