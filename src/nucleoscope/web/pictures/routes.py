"""Crops as PNGs. Their addresses hold the fingerprint of the data, so that a browser may keep them for good."""

import io
from typing import Annotated

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Response
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.web.errors import answers
from nucleoscope.web.pictures.opened import Opened, OpenedData
from nucleoscope.web.pictures.state import DataHere, open_data

router = APIRouter(prefix="/api/crops", tags=["crops"], lifespan=open_data)

_KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}
_PNG: dict[int | str, dict[str, object]] = {200: {"content": {"image/png": {}}, "description": "The picture."}}

Key = Annotated[str, Path(description="Of the data, as the lists of crops give it.", pattern="^[0-9a-f]{16}$")]
Position = Annotated[int, Path(description="Of the crop among the labelled ones.", ge=0, le=2**40)]


@router.get("/{data}/{position}.png", response_class=Response, responses=_PNG | answers(404, 422))
def crop(data: Key, position: Position, opened: DataHere) -> Response:
    """A crop as it is."""
    return _png(_find(opened, data, position).crops.images[position])


@router.get("/{data}/{position}/around.png", response_class=Response, responses=_PNG | answers(404, 422))
def around(data: Key, position: Position, opened: DataHere) -> Response:
    """A crop in the middle of what its neighbours show; transparent where no crop has a pixel."""
    return _png(_find(opened, data, position).surroundings.around(position))


def _find(opened: OpenedData, key: str, position: int) -> Opened:
    """The data with this key, which has a crop at this position."""
    if key not in opened:
        raise HTTPException(
            404, f"there is no data {key}; expected a key that a list of crops gave: load the page again"
        )
    found = opened.open(key)
    if position >= len(found.crops):
        raise HTTPException(404, f"there is no crop {position}; expected 0 to {len(found.crops) - 1}")
    return found


def _png(pixels: NDArray[np.uint8]) -> Response:
    """Pixels (H, W, 3 or 4) as an answer that is kept."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return Response(stream.getvalue(), media_type="image/png", headers=_KEPT)
