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
        router: its routes, None where it has no more than the page; a lifespan of the router is part of the app's.
        needs_run: whether a bundle alone does not do.
    """

    title: str
    path: str
    page: str
    router: APIRouter | None
    needs_run: bool = True
