"""What every page shows: the navigation, the classes with their colours, the models with what they were measured at."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.measured import measured_of
from nucleoscope.web.served import ServedHere

router = APIRouter(tags=["server"])

NOT_MEASURED = "not measured: no accuracy is on record for this model"


class Page(BaseModel):
    """A page of the navigation."""

    title: str
    path: str


class ClassAnswer(BaseModel):
    """A class."""

    name: str
    colour: str = Field(description="#RRGGBB, the same in every plot and file", pattern="^#[0-9A-F]{6}$")


class ModelAnswer(BaseModel):
    """A model that can be asked."""

    name: str
    architecture: str
    measured: str = Field(description="Its accuracy with the protocol, the number of crops and the interval.")
    protocol: str | None = Field(description="random or tiles; null where the model was not measured")
    crop_height: int = Field(description="pixels")
    crop_width: int = Field(description="pixels")
    least_height: int = Field(description="pixels of a crop by itself; less than crop_height if it could see more")
    least_width: int = Field(description="pixels of a crop by itself; less than crop_width if it could see more")
    mpp: float | None = Field(description="micrometres per pixel of its crops")
    coverage: float | None = Field(description="how often its sets hold the true class; null for a model without sets")
    marks_foreign: bool = Field(description="whether it can say that a nucleus is unlike those of the training")


class ShellAnswer(BaseModel):
    """What the frame of every page needs."""

    run: str = Field(description="name of the folder that is served")
    pages: list[Page]
    classes: list[ClassAnswer]
    models: list[ModelAnswer]
    usual_model: str


@router.get("/api/shell")
def shell(request: Request, served: ServedHere) -> ShellAnswer:
    """The pages, classes and models of this server."""
    classes = served.classes
    colours = class_colours(len(classes))
    return ShellAnswer(
        run=served.name,
        pages=[Page(title=feature.title, path=feature.path) for feature in request.app.state.features],
        classes=[ClassAnswer(name=name, colour=colour) for name, colour in zip(classes, colours, strict=True)],
        models=[model_answer(name, bundle.config) for name, bundle in served.bundles.items()],
        usual_model=served.usual,
    )


def model_answer(name: str, config: BundleConfig) -> ModelAnswer:
    """A model in the words of its bundle."""
    measured = measured_of(config)
    height, width = config.specification.size
    least_height, least_width = config.specification.crop_size
    return ModelAnswer(
        name=name,
        architecture=config.specification.architecture,
        measured=measured_sentence(config),
        protocol=None if measured is None else measured.protocol,
        crop_height=height,
        crop_width=width,
        least_height=least_height,
        least_width=least_width,
        mpp=config.mpp,
        coverage=config.coverage,
        marks_foreign=config.novelty_threshold is not None,
    )


def measured_sentence(config: BundleConfig) -> str:
    """What a model was measured to do, with the protocol: the line that belongs to everything it says."""
    measured = measured_of(config)
    return NOT_MEASURED if measured is None else measured.sentence()
