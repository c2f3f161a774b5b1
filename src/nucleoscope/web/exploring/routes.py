"""The routes of the Explore page."""

import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request

from nucleoscope.data.crops import Crops
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.pipeline.model_results import ModelResult, find_results
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.pipeline.surroundings import shown_to
from nucleoscope.runtime import default_device
from nucleoscope.web.errors import answers
from nucleoscope.web.exploring.answers import CropColumns, CropsAnswer, MapAnswer, ResultAnswer, ResultsAnswer
from nucleoscope.web.exploring.embedding_map import EmbeddingMap, Method, Progress, keep_map, methods
from nucleoscope.web.exploring.map_jobs import MapJob, MapJobs
from nucleoscope.web.exploring.validation_crops import ValidationCrops, read_validation_crops
from nucleoscope.web.pictures.state import DataHere
from nucleoscope.web.served import ServedHere


@asynccontextmanager
async def _maps(app: FastAPI) -> AsyncIterator[None]:
    """While the app runs, it can compute maps."""
    app.state.map_jobs = MapJobs()
    yield
    app.state.map_jobs.close()


router = APIRouter(prefix="/api/explore", tags=["explore"], lifespan=_maps)

Key = Annotated[str, Path(description="Of the model, as the list of results gives it.", max_length=80)]


def _jobs_of(request: Request) -> MapJobs:
    jobs: MapJobs = request.app.state.map_jobs
    return jobs


JobsHere = Annotated[MapJobs, Depends(_jobs_of)]


def _find_result(key: Key, served: ServedHere) -> ModelResult:
    """The result with this key; a key is compared, never made into a path."""
    assert served.run is not None  # the feature needs one
    for result in find_results(served.run):
        if result.place.key == key:
            return result
    raise HTTPException(404, f"there is no evaluated model {key!r}; expected a key of /api/explore/results")


ResultHere = Annotated[ModelResult, Depends(_find_result)]


@router.get("/results")
def results(served: ServedHere) -> ResultsAnswer:
    """The models of the run that were evaluated, each with what was measured and how."""
    assert served.run is not None  # the feature needs one
    found = [
        ResultAnswer(
            key=result.place.key,
            title=_title(result),
            measured=result.sentence(),
            protocol=result.protocol,
            has_map=not result.place.folds,
        )
        for result in find_results(served.run)
    ]
    command = f"nucleoscope evaluate {shlex.quote(str(served.run.path))}"
    return ResultsAnswer(results=found, methods=list(methods()), command=command)


@router.get("/results/{key}/crops", responses=answers(404, 422))
def crops(result: ResultHere, data: DataHere) -> CropsAnswer:
    """The validation crops of a model, and what it made of them."""
    opened = data.of(result.place.run)
    height, width = opened.crops.size
    return CropsAnswer(
        data=opened.key,
        height=height,
        width=width,
        mpp=opened.crops.mpp,
        classes=list(opened.crops.classes),
        crops=CropColumns(**read_validation_crops(result, opened).columns()),
    )


@router.get("/results/{key}/maps/{method}", responses=answers(404, 422))
def look_at_map(result: ResultHere, method: Method, jobs: JobsHere) -> MapAnswer:
    """The map of a model, or how far it is."""
    return _answer(jobs.find(result.place.key, method))


@router.post("/results/{key}/maps/{method}", responses=answers(404, 422))
def make_map(result: ResultHere, method: Method, jobs: JobsHere, data: DataHere) -> MapAnswer:
    """Begin to compute the map of a model, unless it is there or on its way."""
    if result.place.folds:
        raise HTTPException(422, "folds are several models, whose embeddings have nothing in common; there is no map")

    def compute(progress: Progress) -> EmbeddingMap:
        opened = data.of(result.place.run)
        shown: ValidationCrops = read_validation_crops(result, opened)
        # Its own copy of the model: what notes embeddings must not see the crops of other requests.
        bundle = load_bundle(result.place.folder.bundle, default_device())
        seen = _as_seen(result, bundle, opened.crops)
        return keep_map(bundle, seen.subset(shown.position), method, result.place.run.cache, progress)

    return _answer(jobs.start(result.place.key, method, compute))


def _as_seen(result: ModelResult, bundle: Bundle, crops: Crops) -> Crops:
    """The labelled crops as a model is shown them, with what lies around them if it sees that."""
    if bundle.config.specification.surroundings == 1:
        return crops
    return shown_to(result.place.kind, load_prepared(result.place.run, Silent()), Silent()).dataset.crops


def _answer(job: MapJob | None) -> MapAnswer:
    """A job as the page is told of it."""
    if job is None:
        return MapAnswer(state="absent")
    if job.refused is not None:
        return MapAnswer(state="refused", refused=job.refused)
    found = job.found
    if found is None:
        return MapAnswer(state="computing", done=job.done, total=job.total)
    x, y = found.places.round(4).T.tolist()
    return MapAnswer(state="ready", explained=found.explained, x=x, y=y)


def _title(result: ModelResult) -> str:
    place = result.place
    pooled = f", {place.folds} folds pooled" if place.folds else ""
    return f"{place.kind}{pooled}, {result.protocol} split"
