"""The opened data of an app: made when it starts, found by its routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from nucleoscope.pipeline.model_results import find_models
from nucleoscope.web.pictures.opened import OpenedData


@asynccontextmanager
async def open_data(app: FastAPI) -> AsyncIterator[None]:
    """While the app runs, it has the data of the runs that it serves."""
    run = app.state.served.run
    places = [] if run is None else list(find_models(run))
    app.state.opened_data = OpenedData(dict.fromkeys(place.run for place in places))
    yield


def _data_of(request: Request) -> OpenedData:
    data: OpenedData = request.app.state.opened_data
    return data


DataHere = Annotated[OpenedData, Depends(_data_of)]
"""The parameter of a route that needs crops."""
