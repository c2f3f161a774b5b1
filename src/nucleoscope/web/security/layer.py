"""What the layers share: a refusal as JSON, and the headers of a request."""

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, error: str) -> None:
    """Answer with an error and nothing else."""
    await JSONResponse({"error": error}, status)(scope, receive, send)


def headers_of(scope: Scope) -> Headers:
    """The headers of a request."""
    return Headers(scope=scope)
