"""`create_app`: the routes of all features behind the layers that keep others out."""

from collections.abc import Sequence
from importlib import metadata

from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles

from nucleoscope.web import exploring, pictures, reviewing, shell, trying
from nucleoscope.web.errors import handle_errors
from nucleoscope.web.feature import Feature
from nucleoscope.web.monitoring import routes as monitoring
from nucleoscope.web.monitoring.figures import Figures
from nucleoscope.web.monitoring.measuring import Measuring
from nucleoscope.web.predicting import crop_routes, field_routes
from nucleoscope.web.predicting.answering import answering
from nucleoscope.web.security.body_limit import BodyLimit
from nucleoscope.web.security.origin import OriginCheck
from nucleoscope.web.security.response_headers import ResponseHeaders
from nucleoscope.web.security.token import SIGN_IN, TokenCheck
from nucleoscope.web.served import Served
from nucleoscope.web.settings import WebSettings
from nucleoscope.web.static_files import STATIC

FEATURES: tuple[Feature, ...] = (trying.FEATURE, exploring.FEATURE, reviewing.FEATURE)
"""In the order of the navigation."""


def create_app(served: Served, settings: WebSettings | None = None) -> FastAPI:
    """The app.

    Args:
        served: the run or the bundle.
        settings: where it will be reached and what it takes; this machine alone if not given.
    """
    settings = settings or WebSettings()
    app = FastAPI(
        title="nucleoscope",
        version=metadata.version("nucleoscope"),
        description="Classes of nuclei in H&E images. Research use only: not a medical device, not for diagnosis.",
        docs_url=None,  # FastAPI's own page loads its scripts from elsewhere; ours is /docs
        redoc_url=None,
        lifespan=answering,
    )
    features = [feature for feature in FEATURES if served.run is not None or not feature.needs_run]
    app.state.served, app.state.settings, app.state.features = served, settings, features
    app.state.figures = Figures()
    handle_errors(app)
    routers = [crop_routes.router, field_routes.router, shell.router, monitoring.router]
    if served.run is not None:
        routers.append(pictures.router)
    for router in (*routers, *(feature.router for feature in features if feature.router)):
        app.include_router(router)
    _add_pages(app, features)
    # The last that is added is the first that a request meets.
    app.add_middleware(BodyLimit, limit=settings.limits.body)
    if settings.token is not None:
        app.add_middleware(TokenCheck, token=settings.token)
    app.add_middleware(OriginCheck, settings=settings)
    app.add_middleware(ResponseHeaders)
    app.add_middleware(Measuring, figures=app.state.figures)
    return app


def _add_pages(app: FastAPI, features: Sequence[Feature]) -> None:
    """The HTML of each feature at its path, the first one also as the start."""
    app.mount("/static", StaticFiles(directory=STATIC))
    further = [(SIGN_IN, "sign-in.html"), ("/docs", "documentation/page.html")]
    for path, file in [(feature.path, feature.page) for feature in features] + further:

        def page(file: str = file) -> FileResponse:
            return FileResponse(STATIC / file, media_type="text/html")

        app.add_api_route(path, page, methods=["GET"], include_in_schema=False, response_model=None)

    def start() -> RedirectResponse:
        return RedirectResponse(features[0].path)

    app.add_api_route("/", start, methods=["GET"], include_in_schema=False, response_model=None)
