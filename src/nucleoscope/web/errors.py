"""Errors as a client gets them: a status and JSON with one line, the same everywhere."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from nucleoscope.errors import NucleoscopeError
from nucleoscope.web.security.response_headers import HEADERS


class TooLargeError(NucleoscopeError):
    """What was sent is over a limit; answered with 413."""


class BusyError(NucleoscopeError):
    """As many requests wait as may; answered with 503 and when to come again."""


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
    app.add_exception_handler(Exception, _failed)


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
    match failure:
        case TooLargeError():
            return JSONResponse({"error": str(failure)}, 413)
        case BusyError():
            return JSONResponse({"error": str(failure)}, 503, {"Retry-After": "1"})
    return JSONResponse({"error": str(failure)}, 422)


def _failed(_request: Request, _failure: Exception) -> JSONResponse:
    """A failure of ours, which is written to the log; this answer passes no layer that would add the headers."""
    return JSONResponse({"error": "the server failed; its log says how"}, 500, HEADERS)
