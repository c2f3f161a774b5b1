"""What somebody may expect of a model on new tissue, in plain words, from what it did on tiles that it never saw."""

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.wording import counted
from nucleoscope.data.splits import Protocol
from nucleoscope.report.results import Entry

LEAST_NUCLEI = 10
"""On a tile, to speak of what is right there."""

_WELL, _BADLY = 0.95, 0.8  # right on a tile
_SURE = 0.9  # probability

ELSEWHERE = (
    "That is tissue of the same laboratory, stain and scanner; a slide or patient may be on both sides of such a "
    "split. Elsewhere expect less: label some nuclei of your own there and measure."
)
NOT_MEASURED = (
    "What to expect on new tissue was not measured: crops were split at random, so that a model may know the tissue "
    "that it was asked about. `--split tiles` measures it, where crops share pixels or come from known fields."
)


def expectations(entries: list[Entry]) -> list[str]:
    """A paragraph for each model that was measured under `tiles`, and what that does not say."""
    told = [_of_one(entry) for entry in entries if entry.metrics["protocol"] == Protocol.TILES]
    return [*told, ELSEWHERE] if told else [NOT_MEASURED]


def _of_one(entry: Entry) -> str:
    metrics, predictions = entry.metrics, entry.predictions
    right = predictions.probabilities.argmax(axis=1) == predictions.labels
    interval = metrics["accuracy_ci95"]
    spread = f", on other tiles from {interval[0]:.0%} to {interval[1]:.0%}" if interval else ""
    sentences = [
        f"{entry.title}: on tissue of this kind that it never saw, expect it to be right for about "
        f"{metrics['accuracy']:.0%} of the nuclei{spread}.",
        _by_tile(right, entry.run.tiles(predictions.names)),
        _by_confidence(right, predictions.probabilities.max(axis=1)),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def _by_tile(right: NDArray[np.bool_], tile: NDArray[np.int64] | None) -> str:
    """On how many tiles it does well and badly."""
    if tile is None:
        return ""
    _, inverse, counts = np.unique(tile, return_inverse=True, return_counts=True)
    shares = (np.bincount(inverse, right) / counts)[counts >= LEAST_NUCLEI]
    if not len(shares):
        return ""
    return (
        f"Tiles differ: of {counted(len(shares), 'validation tile')} with {LEAST_NUCLEI} nuclei or more, it is right "
        f"for {_WELL:.0%} or more on {(shares >= _WELL).sum()} and for less than {_BADLY:.0%} on "
        f"{(shares < _BADLY).sum()}; on the worst for {shares.min():.0%}."
    )


def _by_confidence(right: NDArray[np.bool_], confidence: NDArray[np.floating]) -> str:
    """How often it is right where it is sure, and where it is not."""
    sure = confidence >= _SURE
    if not sure.any() or sure.all():
        return ""
    return (
        f"Where it gives a probability of {_SURE:.0%} or more, which is for {sure.mean():.0%} of the nuclei, it is "
        f"right for {right[sure].mean():.0%}; for the others, {right[~sure].mean():.0%}."
    )
