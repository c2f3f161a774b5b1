"""How large a request may be: what it says, and what it really sends."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nucleoscope.web.security.layer import headers_of, refuse


class BodyLimit:
    """Refuses bodies over a limit with 413, the ones that do not say their length while they come in."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        error = f"the request is larger than {self.limit // 2**20} MiB; send fewer or smaller files"
        said = headers_of(scope).get("content-length", "0")
        if not said.isdecimal() or int(said) > self.limit:
            return await refuse(scope, receive, send, 413, error)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                raise HTTPException(413, error)
            return message

        return await self.app(scope, counted, send)
