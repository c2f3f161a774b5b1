"""Trivial baselines: what is right about crops without looking at a single nucleus.

A model that does not beat them under the same split has learned no more than which crops lie next to each
other. None of them sees a label outside the training part: all others are hidden before anything is asked.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from nucleoscope.data.overlap import Overlaps
from nucleoscope.data.splits import Split
from nucleoscope.evaluation.remedies import outcome

MOST_COMPARED = 5000
"""Validation crops that are compared by colour, at most; a random choice of more, so that the cost stays linear."""

_UNKNOWN = -1


class BaselineName(StrEnum):
    """What is answered for a validation crop."""

    LARGEST_CLASS = "largest_class"  # the class with most training crops, always
    CLOSEST_CROP = "closest_crop"  # the label of the training crop that shares most pixels with it
    TILE_MAJORITY = "tile_majority"  # the class that most training crops of its tile have
    NEAREST_COLOURS = "nearest_colours"  # the label of the training crop with the most similar colour histograms


@dataclass(frozen=True)
class Baseline:
    """What one baseline gets right; fractions.

    Attributes:
        crops: validation crops that it was asked about.
        informed: how many of these it had something to go by; for the others it says the largest class.
        accuracy: share of the crops whose class is right.
        balanced_accuracy: mean recall of the classes that occur.
    """

    crops: int
    informed: int
    accuracy: float
    balanced_accuracy: float


def measure_baselines(
    overlaps: Overlaps,
    split: Split,
    labels: NDArray[np.int64],
    classes: tuple[str, ...],
    colours: NDArray[np.float32],
) -> dict[BaselineName, Baseline]:
    """Ask every baseline about the validation crops.

    Args:
        overlaps: of the N labelled crops, or of these and others after them.
        split: of the N labelled crops.
        labels: (N,) in 0..C-1; those of the validation crops only judge the answers.
        classes: C names.
        colours: (N, F) what crops are compared by, see `colour_histograms`.
    """
    known = np.full(len(labels), _UNKNOWN)
    known[split.train] = labels[split.train]
    asked = _some(split.val)
    answers = {
        BaselineName.LARGEST_CLASS: (split.val, np.full(len(split.val), _largest_class(known))),
        BaselineName.CLOSEST_CROP: (split.val, closest_crop(overlaps, known, split.val)),
        BaselineName.TILE_MAJORITY: (split.val, tile_majority(overlaps.tile[: len(known)], known, split.val)),
        BaselineName.NEAREST_COLOURS: (asked, nearest_colours(colours, known, asked)),
    }
    return {
        name: _judge(answer, _largest_class(known), labels[crops], classes) for name, (crops, answer) in answers.items()
    }


def closest_crop(overlaps: Overlaps, known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label of the known crop that shares most pixels with each crop.

    Args:
        overlaps: of the N crops, or of these and others after them.
        known: (N,) labels, -1 where hidden.
        asked: (K,) positions of the crops.

    Returns:
        (K,) classes, -1 for a crop that shares no pixel with a known one.
    """
    closest, _ = overlaps.closest(np.flatnonzero(known >= 0), asked)
    return np.where(closest >= 0, known[closest], _UNKNOWN)


def tile_majority(tile: NDArray[np.int64], known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """The class that most known crops of the tile have; of several, the first.

    Args:
        tile: (N,) the tile of each crop.
        known: (N,) labels, -1 where hidden.
        asked: (K,) positions of the crops.

    Returns:
        (K,) classes, -1 for a crop on a tile without a known one.
    """
    counts = np.zeros((tile.max() + 1, known.max() + 1), np.int64)  # (T, C)
    given = known >= 0
    np.add.at(counts, (tile[given], known[given]), 1)
    majority = np.where(counts.any(axis=1), counts.argmax(axis=1), _UNKNOWN)
    chosen: NDArray[np.int64] = majority[tile[asked]]
    return chosen


def nearest_colours(
    colours: NDArray[np.float32], known: NDArray[np.int64], asked: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The label of the known crop nearest in colours; there always is one.

    Args:
        colours: (N, F).
        known: (N,) labels, -1 where hidden.
        asked: (K,) positions of the crops.
    """
    given = np.flatnonzero(known >= 0)
    neighbour = KNeighborsClassifier(n_neighbors=1, algorithm="brute")
    nearest: NDArray[np.int64] = neighbour.fit(colours[given], known[given]).predict(colours[asked])
    return nearest


def _largest_class(known: NDArray[np.int64]) -> int:
    return int(np.bincount(known[known >= 0]).argmax())


def _some(crops: NDArray[np.int64]) -> NDArray[np.int64]:
    """All of the crops, or a random choice where they are many."""
    if len(crops) <= MOST_COMPARED:
        return crops
    return np.sort(np.random.default_rng(0).choice(crops, MOST_COMPARED, replace=False))


def _judge(answer: NDArray[np.int64], otherwise: int, labels: NDArray[np.int64], classes: tuple[str, ...]) -> Baseline:
    informed = answer >= 0
    predicted = np.where(informed, answer, otherwise)
    reached = outcome(np.eye(len(classes))[predicted], labels, classes)
    return Baseline(len(labels), int(informed.sum()), reached.accuracy, reached.balanced_accuracy)
