"""What predictions look like as JSON."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, Field

from nucleoscope.data.concealing import shows_crop_alone
from nucleoscope.evaluation.conformal import prediction_sets
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.prediction.novelty import energy, is_foreign
from nucleoscope.prediction.probabilities import to_probabilities

_DIGITS = 6


class CropAnswer(BaseModel):
    """What a model says of one crop."""

    name: str = Field(description="of the file as it was sent; in a zip, its path there")
    predicted: str = Field(description="the likeliest class")
    confidence: float = Field(description="its probability", ge=0, le=1)
    probabilities: dict[str, float] = Field(description="of every class, calibrated")
    possible: list[str] | None = Field(
        description="the classes of the prediction set; null for a model without sets. Other than one: not sure"
    )
    novelty: float = Field(description="energy of the logits: the higher, the less like the training")
    foreign: bool | None = Field(
        description="whether it is unlike what the model was trained on, so that the class means little; null where "
        "the model cannot tell"
    )
    alone: bool = Field(
        description="whether nothing around the crop was known to a model that could have seen more of it"
    )
    picture: str | None = Field(None, description="what the model saw, a PNG in base64; only where it was asked for")


class PredictAnswer(BaseModel):
    """What a model says of the crops of a request."""

    model: str
    measured: str = Field(description="what the model was measured to do: accuracy, interval, protocol, crops")
    coverage: float | None = Field(description="how often the sets hold the true class, on tissue like the training's")
    classes: list[str]
    crops: list[CropAnswer]


def crop_answers(
    names: list[str],
    logits: NDArray[np.float32],
    config: BundleConfig,
    pictures: NDArray[np.uint8],
    *,
    sends_pictures: bool,
) -> list[CropAnswer]:
    """The answers on crops.

    Args:
        names: N.
        logits: (N, C).
        config: of the bundle.
        pictures: (N, H, W, 3) as the model saw them.
        sends_pictures: whether they are sent back.
    """
    probabilities, novelty = to_probabilities(logits, config), energy(logits)
    foreign = is_foreign(novelty, config.novelty_threshold)
    threshold = config.set_threshold
    sets = None if threshold is None else prediction_sets(probabilities, threshold)
    return [
        CropAnswer(
            name=name,
            predicted=config.classes[int(probabilities[i].argmax())],
            confidence=float(probabilities[i].max()),
            probabilities=dict(zip(config.classes, probabilities[i].round(_DIGITS).tolist(), strict=True)),
            possible=None if sets is None else [c for c, is_in in zip(config.classes, sets[i], strict=True) if is_in],
            novelty=float(novelty[i]),
            foreign=None if config.novelty_threshold is None else bool(foreign[i]),
            alone=shows_crop_alone(pictures[i], config.specification.surroundings),
            picture=base64.b64encode(to_png(pictures[i])).decode() if sends_pictures else None,
        )
        for i, name in enumerate(names)
    ]


def to_png(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (H, W, 3 or 4) as PNG."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
