"""How well an export agrees with its bundle, measured on crops, and written beside it as `parity.json`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.config import Settings
from nucleoscope.data.synthetic import cut_crops, make_fields
from nucleoscope.errors import EngineError
from nucleoscope.files import write_json
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.record import LEAST_EQUAL
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.probabilities import to_probabilities

PARITY_FILE = "parity.json"
PARITY_CROPS = 500
LARGEST_DIFFERENCE = 0.02
"""Of a probability: more than float32 on another library brings, less than a forgotten temperature."""

_SEED = 0
_FIELD = 500  # pixels; a synthetic field of this size has about a hundred nuclei


@dataclass(frozen=True)
class ParityCrops:
    """Crops to compare on.

    Attributes:
        images: (N, H, W, 3) uint8, of the size of the bundle.
        origin: what they are, in words.
    """

    images: NDArray[np.uint8]
    origin: str


@dataclass(frozen=True)
class Agreement(Settings):
    """The content of `parity.json`.

    Attributes:
        target: of the export.
        compared_with: the bundle, and how it was computed.
        crops: how many.
        crops_are: what they are.
        equal_decisions: share of them that get the same class.
        largest_probability_difference: of any class of any of them.
    """

    target: str
    compared_with: str
    crops: int
    crops_are: str
    equal_decisions: float
    largest_probability_difference: float

    def sentence(self) -> str:
        """For people."""
        return (
            f"{self.equal_decisions:.1%} of the decisions on {self.crops} crops ({self.crops_are}) are the bundle's; "
            f"the largest difference of a probability is {self.largest_probability_difference:.1g}"
        )


def choose_crops(images: NDArray[np.uint8], name: str) -> ParityCrops:
    """At most `PARITY_CROPS` of given crops (N, H, W, 3), drawn at random; `name` says what they are."""
    if len(images) <= PARITY_CROPS:
        return ParityCrops(images, f"all of {name}")
    picked = np.random.default_rng(_SEED).choice(len(images), PARITY_CROPS, replace=False)
    return ParityCrops(images[np.sort(picked)], f"drawn from the {len(images):,} of {name}")


def synthetic_crops(size: tuple[int, int]) -> ParityCrops:
    """`PARITY_CROPS` of synthetic tissue, of this height and width."""
    side = max(size)
    images: list[NDArray[np.uint8]] = []
    while sum(map(len, images)) < PARITY_CROPS:
        images.append(cut_crops(make_fields(4, seed=_SEED + len(images), size=_FIELD + side), size=side).images)
    top, left = (side - size[0]) // 2, (side - size[1]) // 2
    crops = np.concatenate(images)[:PARITY_CROPS, top : top + size[0], left : left + size[1]]
    return ParityCrops(np.ascontiguousarray(crops), f"synthetic tissue, seed {_SEED}")


def measure_agreement(target: str, bundle: Bundle, found: NDArray[np.float64], crops: ParityCrops) -> Agreement:
    """Compare probabilities (N, C) that an export gave with those of the bundle, in float32."""
    exact = Runner("torch", TorchEngine(bundle.model, exact=True))
    wanted = to_probabilities(exact.logits(crops.images, bundle.config.views), bundle.config)
    return Agreement(
        target=target,
        compared_with="the bundle it was made from, PyTorch in float32",
        crops=len(wanted),
        crops_are=crops.origin,
        equal_decisions=float((found.argmax(axis=1) == wanted.argmax(axis=1)).mean()),
        largest_probability_difference=float(np.abs(found - wanted).max()),
    )


def keep_agreement(folder: Path, agreement: Agreement) -> None:
    """Write `parity.json`.

    Raises:
        EngineError: the export is not what the bundle is.
    """
    differs = agreement.largest_probability_difference
    if agreement.equal_decisions < LEAST_EQUAL or not differs <= LARGEST_DIFFERENCE:
        raise EngineError(
            f"the export to {agreement.target} does not agree with the bundle: {agreement.sentence()}; expected "
            f"{LEAST_EQUAL:.1%} or more and {LARGEST_DIFFERENCE:g} or less, and nothing was written: take another --to"
        )
    write_json(folder / PARITY_FILE, agreement.to_mapping())
