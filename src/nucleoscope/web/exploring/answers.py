"""What the routes of Explore answer."""

from typing import Literal

from pydantic import BaseModel, Field

from nucleoscope.web.exploring.embedding_map import Method


class ResultAnswer(BaseModel):
    """A model that was evaluated."""

    key: str
    title: str
    measured: str = Field(description="Its accuracy with the protocol, the number of crops and the interval.")
    protocol: str
    has_map: bool = Field(description="Whether it is one model; folds are several, which have no map in common.")


class ResultsAnswer(BaseModel):
    """The models that can be looked at; none with the command that makes them."""

    results: list[ResultAnswer]
    methods: list[Method] = Field(description="How maps can be computed here.")
    command: str = Field(description="What evaluates the models of this folder.")


class CropColumns(BaseModel):
    """The validation crops, a column each, all in the same order."""

    position: list[int] = Field(description="Of the crop among the labelled ones.")
    name: list[str]
    label: list[int] = Field(description="The class that it was given, by number.")
    predicted: list[int]
    probabilities: list[list[float]] = Field(description="One a class, of each crop.")
    tile: list[str]


class CropsAnswer(BaseModel):
    """The validation crops of a model."""

    data: str = Field(description="Key of the data, for the addresses of pictures.")
    height: int
    width: int
    mpp: float | None = Field(description="Micrometres per pixel; null where it is not known.")
    classes: list[str]
    crops: CropColumns


class MapAnswer(BaseModel):
    """A map, or how far it is."""

    state: Literal["absent", "computing", "ready", "refused"]
    done: int = 0
    total: int = 0
    refused: str | None = None
    explained: float | None = Field(
        default=None, description="Share of the variance that two dimensions hold; PCA only."
    )
    x: list[float] = Field(default_factory=list, description="In the order of the validation crops.")
    y: list[float] = Field(default_factory=list, description="Upwards.")
