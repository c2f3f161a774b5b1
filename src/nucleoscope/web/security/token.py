"""The token: a client sends it as a bearer, a browser signs in once and keeps it in a cookie."""

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nucleoscope.web.security.layer import headers_of, refuse
from nucleoscope.web.static_files import STATIC

SIGN_IN = "/sign-in"
COOKIE = "nucleoscope-token"
_LARGEST_FORM = 4096  # bytes
_OPEN = ("/health", "/static/")


class TokenCheck:
    """Lets in who knows the token; others get a page to sign in at, or 401."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http" or scope["path"].startswith(_OPEN):
            return await self.app(scope, receive, send)
        if scope["path"] == SIGN_IN and scope["method"] == "POST":
            return await self._sign_in(scope, receive, send)
        if self._knows(scope):
            return await self.app(scope, receive, send)
        if "text/html" in headers_of(scope).get("accept", ""):
            return await FileResponse(STATIC / "sign-in.html", 401)(scope, receive, send)
        return await refuse(
            scope, receive, send, 401, "the token is missing or wrong; expected a header `Authorization: Bearer TOKEN`"
        )

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._token.encode())

    def _knows(self, scope: Scope) -> bool:
        headers = headers_of(scope)
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(bearer):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = headers_of(scope).get("content-length", "")
        if not length.isdecimal() or int(length) > _LARGEST_FORM:
            return await refuse(scope, receive, send, 413, "the form is too large; expected a token and nothing else")
        fields = parse_qs((await Request(scope, receive).body()).decode("latin-1"))
        given = fields.get("token", [""])[0]
        if not self._is_token(given):
            return await RedirectResponse(f"{SIGN_IN}?wrong", 303)(scope, receive, send)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, given, httponly=True, samesite="strict", secure=scope["scheme"] == "https")
        return await answer(scope, receive, send)
