"""Errors as a client gets them: a status and JSON with one line, the same everywhere."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from nucleoscope.errors import NucleoscopeError


class ErrorAnswer(BaseModel):
    """What every refusal holds."""

    error: str = Field(description="What was found, what was expected and what to do.")


def answers(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The refusals of a route, for the OpenAPI document."""
    return {status: {"model": ErrorAnswer} for status in statuses}


def handle_errors(app: FastAPI) -> None:
    """Answer every error that a client can cause in this form."""
    app.add_exception_handler(HTTPException, _as_said)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NucleoscopeError, _cannot_be_used)


def _as_said(_request: Request, failure: Exception) -> JSONResponse:
    assert isinstance(failure, HTTPException)
    return JSONResponse({"error": failure.detail}, failure.status_code, failure.headers)


def _invalid(_request: Request, failure: Exception) -> JSONResponse:
    """The first thing that is wrong; what the client sent is not repeated."""
    assert isinstance(failure, RequestValidationError)
    first = failure.errors()[0]
    place = " ".join(str(part) for part in first["loc"])
    return JSONResponse({"error": f"{place}: {first['msg']}"}, 422)


def _cannot_be_used(_request: Request, failure: Exception) -> JSONResponse:
    return JSONResponse({"error": str(failure)}, 422)
