"""Requests that another web page makes a browser send: by a name that resolves to this machine, or across sites."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from nucleoscope.web.security.layer import headers_of, refuse
from nucleoscope.web.settings import WebSettings

_LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


class OriginCheck:
    """Lets in what is addressed to this server, from no page or from its own.

    Without a token, the `Host` must be a name of this machine: a page whose name was made to resolve to 127.0.0.1 (DNS
    rebinding) sends its own. With a token any name will do, since the browser keeps the cookie for the name that the
    user signed in at.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app = app
        self._names = None if settings.token else {*_LOCAL_NAMES, settings.host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = headers_of(scope)
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._names is not None and _name_of(host) not in self._names:
            return await refuse(
                scope, receive, send, 421, "the Host header names another machine; expected 127.0.0.1 or localhost"
            )
        if origin is not None and urlsplit(origin).netloc != host:
            return await refuse(
                scope, receive, send, 403, "sent by a page of another site; expected one of this server"
            )
        return await self.app(scope, receive, send)


def _name_of(host: str) -> str | None:
    """The name in a Host header, without port and brackets; None for one that is no such thing."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
