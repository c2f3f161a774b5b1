"""What every writer of results knows before the first nucleus."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.plots.colours import FAINT
from nucleoscope.slides.results import UNSURE, Nucleus, Verdicts

UNSURE_COLOUR = FAINT

Add = Callable[[Sequence[Nucleus], Verdicts], None]
"""Writes a chunk of nuclei with the verdicts on them."""


@dataclass(frozen=True)
class ImageFacts:
    """The image that nuclei are in.

    Attributes:
        name: of its file.
        mpp: um per pixel at full resolution.
        size: width and height in pixels at full resolution.
    """

    name: str
    mpp: float
    size: tuple[int, int]

    @property
    def area_mm2(self) -> float:
        """Area of the whole image, glass and all."""
        return self.size[0] * self.size[1] * self.mpp**2 / 1e6


@dataclass(frozen=True)
class Facts:
    """What the writers of one image share.

    Attributes:
        image: that the nuclei are in.
        colours: "#RRGGBB" of the classes by name, in the order of the model.
        source: name of the file of nuclei, or how they were found.
        left_out: how many objects of it are no nuclei of this image, by what they are.
        picture: (h, w, 3) uint8 of the whole image, small; None where it is not drawn on.
    """

    image: ImageFacts
    colours: Mapping[str, str]
    source: str
    left_out: Mapping[str, int] = field(default_factory=dict)
    picture: NDArray[np.uint8] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """C names."""
        return tuple(self.colours)


def confidences(verdicts: Verdicts) -> NDArray[np.float64]:
    """(N,) the largest probability of each nucleus, NaN where the model was not asked."""
    largest: NDArray[np.float64] = verdicts.probabilities.astype(np.float64).max(axis=1, initial=0.0)
    return np.where(verdicts.predicted < 0, np.nan, largest)


def novelties(verdicts: Verdicts) -> NDArray[np.float64]:
    """(N,) the novelty of each nucleus, NaN where there is none."""
    if verdicts.novelty is None:
        return np.full(len(verdicts), np.nan)
    return verdicts.novelty.astype(np.float64)


def shown_classes(verdicts: Verdicts) -> list[str]:
    """The class of each nucleus as it is shown: "unsure: " and the reason where it is not given one.

    QuPath takes what stands before the colon for a class of its own, so that all unsure nuclei can be selected at once.
    """
    return [
        f"{UNSURE}: {doubt}" if doubt else verdicts.classes[number]
        for number, doubt in zip(verdicts.predicted.tolist(), verdicts.unsure.tolist(), strict=True)
    ]


def rgb(colour: str) -> list[int]:
    """Red, green and blue of "#RRGGBB".

    >>> rgb("#E69F00")
    [230, 159, 0]
    """
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
