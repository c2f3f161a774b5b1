"""What a classified field looks like as JSON: columns, as thousands of nuclei would be large otherwise."""

import csv
import json
from pathlib import Path

from pydantic import BaseModel, Field

from nucleoscope.models.bundle import BundleConfig
from nucleoscope.slides.writing.results import FORMATS

NOT_ASKED = -1


class NucleiAnswer(BaseModel):
    """The nuclei of a field; each list has one entry a nucleus."""

    x: list[float] = Field(description="pixels of the field, to the right")
    y: list[float] = Field(description="pixels of the field, down")
    predicted: list[int] = Field(description="position of the likeliest class; -1 where the model was not asked")
    confidence: list[float] = Field(description="probability of that class; 0 where the model was not asked")
    probabilities: list[list[float]] = Field(description="of every class; empty where the model was not asked")
    unsure: list[str] = Field(
        description='why a nucleus is given no class: glass, pen, blur, fold, foreign; "" if it is'
    )


class FieldAnswer(BaseModel):
    """A classified field."""

    id: str = Field(description="asks for its picture and its files; forgotten after some more fields")
    model: str
    measured: str = Field(description="what the model was measured to do, on crops: accuracy, interval, protocol")
    classes: list[str]
    set_threshold: float | None = Field(
        description="classes at least as likely are possible; other than one: not sure. Null for a model without sets"
    )
    width: int = Field(description="pixels")
    height: int = Field(description="pixels")
    mpp: float = Field(description="micrometres per pixel of the field")
    source: str = Field(description="how the nuclei were found, or the kind of file that says where they are")
    notes: list[str] = Field(description="what a person should know")
    nuclei: NucleiAnswer


def field_answer(
    identity: str, model: str, measured: str, config: BundleConfig, folder: Path, notes: list[str]
) -> FieldAnswer:
    """The answer from a folder of results."""
    facts = json.loads((folder / FORMATS["summary"].file).read_text(encoding="utf-8"))
    return FieldAnswer(
        id=identity,
        model=model,
        measured=measured,
        classes=list(config.classes),
        set_threshold=config.set_threshold,
        width=facts["width"],
        height=facts["height"],
        mpp=facts["mpp"],
        source=facts["source"],
        notes=notes,
        nuclei=_read_nuclei(folder / FORMATS["csv"].file, config.classes),
    )


def _read_nuclei(path: Path, classes: tuple[str, ...]) -> NucleiAnswer:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    positions = {"": NOT_ASKED} | {name: position for position, name in enumerate(classes)}
    columns = [f"probability_{name}" for name in classes]
    return NucleiAnswer(
        x=[float(row["x"]) for row in rows],
        y=[float(row["y"]) for row in rows],
        predicted=[positions[row["predicted"]] for row in rows],
        confidence=[float(row["confidence"] or 0.0) for row in rows],
        probabilities=[[float(row[column]) for column in columns] if row["predicted"] else [] for row in rows],
        unsure=[row["unsure"] for row in rows],
    )
