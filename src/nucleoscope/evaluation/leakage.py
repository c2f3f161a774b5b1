"""What a split leaks: pixels that validation crops have in common with training crops, and what that is worth."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.overlap import Overlaps, Subset
from nucleoscope.data.splits import Protocol, Split
from nucleoscope.evaluation.baselines import Baseline, BaselineName, measure_baselines


@dataclass(frozen=True)
class SharedPixels:
    """What some crops have in common with others; fractions.

    The closest crop is the one that shares most pixels; a crop that shares none counts as 0.

    Attributes:
        crops: how many were looked at.
        crops_that_overlap: how many of these have a pixel in common with one of the others.
        share: the same as a share.
        mean_largest: share of the area in common with the closest, mean over the crops.
        median_largest: its median.
        above_25: share of the crops that have more than a quarter of their area in common with one other.
        above_50: more than half.
        above_75: more than three quarters.
    """

    crops: int
    crops_that_overlap: int
    share: float
    mean_largest: float
    median_largest: float
    above_25: float
    above_50: float
    above_75: float


@dataclass(frozen=True)
class Leakage:
    """What one split leaks.

    Attributes:
        protocol: of the split.
        training_crops: how many there are.
        validation: what validation crops have in common with training crops.
        baselines: what is right about the validation crops without any learning.
    """

    protocol: Protocol
    training_crops: int
    validation: SharedPixels
    baselines: dict[BaselineName, Baseline]

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return asdict(self)


def shared_pixels(overlaps: Overlaps, among: Subset, of: Subset) -> SharedPixels:
    """Measure what crops have in common with others.

    Args:
        overlaps: of all crops.
        among: the others, for example those of the training part.
        of: the crops to measure, at least one, for example those of the validation part.
    """
    largest = overlaps.closest(among, of)[1]
    return SharedPixels(
        crops=len(largest),
        crops_that_overlap=int((largest > 0).sum()),
        share=float((largest > 0).mean()),
        mean_largest=float(largest.mean()),
        median_largest=float(np.median(largest)),
        above_25=float((largest > 0.25).mean()),
        above_50=float((largest > 0.50).mean()),
        above_75=float((largest > 0.75).mean()),
    )


def measure_leakage(
    overlaps: Overlaps,
    split: Split,
    labels: NDArray[np.int64],
    classes: tuple[str, ...],
    colours: NDArray[np.float32],
) -> Leakage:
    """Measure what a split leaks, see `measure_baselines` for the arguments."""
    return Leakage(
        protocol=split.protocol,
        training_crops=len(split.train),
        validation=shared_pixels(overlaps, split.train, split.val),
        baselines=measure_baselines(overlaps, split, labels, classes, colours),
    )
