"""`Measuring`: the layer that counts requests and takes their time."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nucleoscope.web.monitoring.figures import Figures

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER = "other"


class Measuring:
    """Counts under the pattern of the route: what clients write must not make ever more series."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.figures.begin()
        try:
            await self.app(scope, receive, noted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else _OTHER
            route = getattr(scope.get("route"), "path", _OTHER)
            self.figures.answered(method, route, status, time.perf_counter() - started)
