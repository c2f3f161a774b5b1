"""The routes of the Try page and of the programs that ask for predictions."""

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["predictions"])


class Health(BaseModel):
    """That the server answers."""

    status: str


@router.get("/health")
def health() -> Health:
    """Whether the server is up; needs no token."""
    return Health(status="ok")
