"""`/fields`: classify a field, look at it, download what was found."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from nucleoscope.slides.writing.results import FORMATS
from nucleoscope.web.errors import answers
from nucleoscope.web.predicting.answering import AnsweringHere, Mpp, PredictorAsked
from nucleoscope.web.predicting.field_answers import FieldAnswer, field_answer
from nucleoscope.web.predicting.fields import PICTURE, RESULTS, FieldJob, classify_field
from nucleoscope.web.shell import measured_sentence
from nucleoscope.web.uploads.sent import read_sent

router = APIRouter(tags=["fields"])


@router.post("/fields", responses=answers(400, 413, 422, 503))
async def classify(
    here: AnsweringHere,
    predictor: PredictorAsked,
    image: Annotated[UploadFile, File(description="a field as PNG, JPEG, BMP or TIFF")],
    nuclei: Annotated[
        UploadFile | None, File(description="where its nuclei are: GeoJSON, or a CSV with x and y; found if left out")
    ] = None,
    mpp: Mpp = None,
) -> FieldAnswer:
    """Classes of all nuclei of a field."""
    sent = await read_sent([image] if nuclei is None else [image, nuclei], here.limits)
    job = FieldJob(sent[0], sent[1] if len(sent) > 1 else None, mpp)

    def work() -> FieldAnswer:
        identity, folder = here.fields.new()
        try:
            notes = classify_field(job, predictor.apart, here.limits, folder)
            config = predictor.bundle.config
            answer = field_answer(identity, predictor.name, measured_sentence(config), config, folder / RESULTS, notes)
        except BaseException:
            here.fields.drop(folder)
            raise
        here.fields.keep(identity, folder)
        return answer

    return await here.slow_lane.run(work)


@router.get("/fields/{identity}/picture", response_class=FileResponse, responses=answers(404))
def picture(identity: str, here: AnsweringHere) -> FileResponse:
    """The field as a JPEG, at most 4096 pixels on its longer side."""
    return FileResponse(_folder(identity, here) / PICTURE, media_type="image/jpeg")


@router.get("/fields/{identity}/nuclei.geojson", response_class=FileResponse, responses=answers(404))
def geojson(identity: str, here: AnsweringHere) -> FileResponse:
    """Classified nuclei for QuPath."""
    file = FORMATS["geojson"].file
    path = _folder(identity, here) / RESULTS / file
    return FileResponse(path, media_type="application/geo+json", filename=file)


@router.get("/fields/{identity}/nuclei.csv", response_class=FileResponse, responses=answers(404))
def table(identity: str, here: AnsweringHere) -> FileResponse:
    """Classified nuclei as a table."""
    file = FORMATS["csv"].file
    return FileResponse(_folder(identity, here) / RESULTS / file, media_type="text/csv", filename=file)


def _folder(identity: str, here: AnsweringHere) -> Path:
    folder = here.fields.find(identity)
    if folder is None:
        raise HTTPException(404, "this field is not kept any more; classify it again")
    return folder
