"""`/predict` and `/explain`: crops."""

import base64
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, File, Query, Response, UploadFile
from numpy.typing import NDArray
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from nucleoscope.errors import ConfigError
from nucleoscope.explanation.attributions import Method
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.web.errors import answers
from nucleoscope.web.predicting.answering import AnsweringHere, Mpp, PredictorAsked
from nucleoscope.web.predicting.answers import PredictAnswer, crop_answers, to_png
from nucleoscope.web.predicting.explaining import Explained, explain_crop, overlay_of, scale_of
from nucleoscope.web.settings import Limits
from nucleoscope.web.shell import measured_sentence
from nucleoscope.web.uploads.pictures import decode_crops
from nucleoscope.web.uploads.sent import SentFile, read_sent
from nucleoscope.web.uploads.zips import is_zip, pictures_of

router = APIRouter(tags=["predictions"])

_SMALL = 2**16  # bytes that are decoded sooner than a thread would begin


class As(StrEnum):
    """How an explanation is wanted."""

    JSON = "json"
    PNG = "png"


class ExplainAnswer(BaseModel):
    """Why a model says what it says of a crop."""

    model: str
    method: Method
    explained: str = Field(description="the class whose logit the map explains")
    map: str = Field(description="PNG in base64 to lie over the crop: red speaks for the class, blue against it")
    crop: str = Field(description="PNG in base64: what the model saw")
    scale: float = Field(description="value that is shown in full colour, in the unit of the method")
    central_share: float | None = Field(description="of the map on the nucleus in the centre; null for an empty map")
    uniform_central_share: float = Field(description="what that would be for a map that is alike everywhere")
    holds: bool = Field(description="whether blurring in the map's order beats every random order on this crop")
    check: str = Field(description="the same in words, with figures")
    trust: str | None = Field(
        description="what the run found about this method on its validation crops; null if not done"
    )


@router.post("/predict", responses=answers(400, 413, 422, 503))
async def predict(
    here: AnsweringHere,
    predictor: PredictorAsked,
    files: Annotated[list[UploadFile], File(description="crops as PNG, JPEG, TIFF or BMP; zips of crops")],
    mpp: Mpp = None,
    pictures: Annotated[bool, Query(description="send back what the model saw of each crop")] = False,
) -> PredictAnswer:
    """Classes of crops, each with its nucleus in the centre. All are answered, or none."""
    config = predictor.bundle.config
    names, images = await _decoded(await read_sent(files, here.limits), config, mpp, here.limits)
    logits = await predictor.batcher.logits(images)
    return PredictAnswer(
        model=predictor.name,
        measured=measured_sentence(config),
        coverage=config.coverage,
        classes=list(config.classes),
        crops=crop_answers(names, logits, config, images, sends_pictures=pictures),
    )


@router.post(
    "/explain",
    response_model=ExplainAnswer,
    responses={200: {"content": {"image/png": {}}}, **answers(400, 413, 422, 503)},
)
async def explain(
    here: AnsweringHere,
    predictor: PredictorAsked,
    file: Annotated[UploadFile, File(description="one crop")],
    mpp: Mpp = None,
    method: Annotated[Method, Query(description="how the map is made")] = Method.OCCLUSION,
    of: Annotated[str | None, Query(description="class to explain; the predicted one if left out")] = None,
    form: Annotated[As, Query(alias="as", description="json, or only the map as a png")] = As.JSON,
) -> Any:
    """Why: a map of what in a crop speaks for a class, with a check of whether it can be believed."""
    config = predictor.bundle.config
    if of is not None and of not in config.classes:
        raise ConfigError(f"unknown class; expected one of {', '.join(config.classes)}")
    sent = (await read_sent([file], here.limits))[0]
    image = (await run_in_threadpool(decode_crops, [sent], config, mpp, here.limits))[0]
    if of is None:
        logits = await predictor.batcher.logits(image[None])
        of = config.classes[int(to_probabilities(logits, config)[0].argmax())]
    target = config.classes.index(of)
    found = await here.slow_lane.run(lambda: explain_crop(predictor.apart, image, target, method))
    scale = scale_of(found.values)
    overlay = to_png(overlay_of(found.values, scale))
    if form is As.PNG:
        return Response(overlay, media_type="image/png")
    return _explain_answer(predictor.name, method, of, image, found, overlay, predictor.trust.get(method))


def _explain_answer(
    model: str,
    method: Method,
    of: str,
    image: NDArray[np.uint8],
    found: Explained,
    overlay: bytes,
    trust: str | None,
) -> ExplainAnswer:
    return ExplainAnswer(
        model=model,
        method=method,
        explained=of,
        map=base64.b64encode(overlay).decode(),
        crop=base64.b64encode(to_png(image)).decode(),
        scale=scale_of(found.values),
        central_share=found.central_share,
        uniform_central_share=found.uniform_share,
        holds=found.beats_random,
        check=found.sentence(of),
        trust=trust,
    )


async def _decoded(
    sent: list[SentFile], config: BundleConfig, mpp: float | None, limits: Limits
) -> tuple[list[str], NDArray[np.uint8]]:
    """Names and pictures (N, H, W, 3) of all crops of a request, those in zips too."""

    def decode() -> tuple[list[str], NDArray[np.uint8]]:
        crops = [crop for file in sent for crop in (pictures_of(file, limits) if is_zip(file) else [file])]
        return [crop.name for crop in crops], decode_crops(crops, config, mpp, limits)

    if sum(len(file.content) for file in sent) <= _SMALL and not any(is_zip(file) for file in sent):
        return decode()
    return await run_in_threadpool(decode)
