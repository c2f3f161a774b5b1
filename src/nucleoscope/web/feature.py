"""`Feature`: what a room of the web page brings along, a page with its place in the navigation and a router."""

from dataclasses import dataclass

from fastapi import APIRouter


@dataclass(frozen=True)
class Feature:
    """A page and its routes.

    Attributes:
        title: in the navigation.
        path: where the page is, such as "/try".
        page: its HTML file, below `web/static`.
        router: its routes; a lifespan of the router is that of the app.
        needs_run: whether a bundle alone does not do.
    """

    title: str
    path: str
    page: str
    router: APIRouter
    needs_run: bool = True
