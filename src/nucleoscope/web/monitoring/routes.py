"""`/health` and `/metrics`."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

router = APIRouter(tags=["server"])


class Health(BaseModel):
    """That the server answers."""

    status: str


@router.get("/health")
def health() -> Health:
    """Whether the server is up; needs no token."""
    return Health(status="ok")


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> PlainTextResponse:
    """Requests, their time and the sizes of batches, as text for Prometheus."""
    return PlainTextResponse(request.app.state.figures.text(), media_type=CONTENT_TYPE_LATEST)
