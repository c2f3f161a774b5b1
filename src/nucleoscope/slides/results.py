"""The records of this room: a nucleus as it was found, and what a model says about a chunk of them.

Coordinates are pixels of the image at full resolution: x right, y down, 0 at the image's left or upper edge, so that
the centre of the first pixel is (0.5, 0.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
"""(M, 2) x, y of a closed line: its first point is not repeated at the end."""

UNSURE = "unsure"
"""What stands before the colon and the reason where a nucleus is shown that was not given a class."""


class Doubt(StrEnum):
    """Why a nucleus is not given a class; the empty word is no doubt."""

    NONE = ""
    GLASS = "glass"
    PEN = "pen"
    BLUR = "blur"
    FOLD = "fold"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a file says about an object beyond its nucleus, which a writer gives back as it was.

    Attributes:
        object_type: "detection" or "cell", as QuPath calls it.
        border: the GeoJSON geometry of a cell around its nucleus.
        parts: the GeoJSON geometry of a nucleus in several parts, of which the outline is the largest.
        measurements: by name; only finite numbers.
        name: that a person gave the object.
    """

    object_type: str = "detection"
    border: Mapping[str, Any] | None = None
    parts: Mapping[str, Any] | None = None
    measurements: Mapping[str, float] | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Nucleus:
    """One nucleus.

    Attributes:
        identity: as its file writes it, or its number in the file, from 1.
        x: of its centre; where there is an outline, that of its centroid.
        y: of its centre.
        outline: rings, the outer first, then those of its holes; None if only its place is known.
        label: its class as its file writes it.
        carried: what else the file says about it.
    """

    identity: str
    x: float
    y: float
    outline: tuple[Ring, ...] | None = None
    label: str | None = None
    carried: Carried | None = None


@dataclass(frozen=True)
class Verdicts:
    """What a model says about a chunk of nuclei, in their order.

    Attributes:
        classes: C names.
        probabilities: (N, C); a row of NaN where the model was not asked.
        novelty: (N,) how unlike the training data a nucleus is, NaN where the model was not asked; None without it.
        unsure: (N,) words of `Doubt`.
    """

    classes: tuple[str, ...]
    probabilities: NDArray[np.float32]
    novelty: NDArray[np.float32] | None
    unsure: NDArray[np.str_]

    def __post_init__(self) -> None:
        """Check the shapes, the words, and that there is a reason where the model was not asked."""
        count = len(self.probabilities)
        assert self.probabilities.shape == (count, len(self.classes)), self.probabilities.shape
        assert self.unsure.shape == (count,), self.unsure.shape
        assert self.novelty is None or self.novelty.shape == (count,), self.novelty.shape
        unknown = set(self.unsure.tolist()) - set(Doubt)
        assert not unknown, unknown
        assert not ((self.predicted < 0) & (self.unsure == Doubt.NONE)).any(), "not asked, and no reason for it"

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """(N,) position of the likeliest class, -1 where the model was not asked."""
        asked = np.isfinite(self.probabilities).all(axis=1)
        likeliest: NDArray[np.int64] = np.where(asked, np.nan_to_num(self.probabilities).argmax(axis=1), -1)
        return likeliest
