"""`Answering`: all that answers while the server runs, and the parameters of routes that need it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request

from nucleoscope.errors import ConfigError
from nucleoscope.slides.image.resolution import PLAUSIBLE
from nucleoscope.web.predicting.kept_fields import KeptFields
from nucleoscope.web.predicting.predictor import Predictor, open_predictors
from nucleoscope.web.predicting.slow_lane import SlowLane
from nucleoscope.web.settings import Limits


@dataclass(frozen=True)
class Answering:
    """What answers.

    Attributes:
        predictors: by the name of the model.
        usual: name of the one that answers where none is asked for.
        slow_lane: for explanations and fields.
        fields: the last results.
        limits: of what is sent.
    """

    predictors: dict[str, Predictor]
    usual: str
    slow_lane: SlowLane
    fields: KeptFields
    limits: Limits


@asynccontextmanager
async def answering(app: FastAPI) -> AsyncIterator[None]:
    """The lifespan of what answers: engines, batches, the folder of results."""
    served, settings = app.state.served, app.state.settings
    predictors = open_predictors(served, settings.engine, app.state.figures.batch)
    working = [asyncio.create_task(predictor.batcher.work()) for predictor in predictors.values()]
    lane = SlowLane()
    with tempfile.TemporaryDirectory(prefix="nucleoscope-") as folder:
        app.state.answering = Answering(predictors, served.usual, lane, KeptFields(Path(folder)), settings.limits)
        try:
            yield
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            lane.close()


def _answering_of(request: Request) -> Answering:
    found: Answering = request.app.state.answering
    return found


AnsweringHere = Annotated[Answering, Depends(_answering_of)]
"""The parameter of a route that needs what answers."""


def _predictor_of(
    here: AnsweringHere,
    model: Annotated[str | None, Query(description="which model; the usual one if left out")] = None,
) -> Predictor:
    found = here.predictors.get(here.usual if model is None else model)
    if found is None:
        raise ConfigError(f"unknown model; expected one of {', '.join(here.predictors)}")
    return found


PredictorAsked = Annotated[Predictor, Depends(_predictor_of)]
"""The parameter of a route that asks a model."""

Mpp = Annotated[
    float | None,
    Query(
        ge=PLAUSIBLE[0],
        le=PLAUSIBLE[1],
        description="micrometres per pixel of what is sent; left out, crops must have the model's size and a field "
        "must say it itself",
    ),
]
"""The parameter that says the resolution."""
