"""Which labels are likely wrong, by confident learning on out-of-fold probabilities.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70, 2021;
their library is cleanlab, https://docs.cleanlab.ai. It is imported late: that takes seconds.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import NucleoscopeError

FILTER = "low_self_confidence"
"""How suspects are told from the rest: as many of the least likely labels as confident learning counts errors.

With 5 % and with 10 % of real labels flipped it had the fewest false alarms of cleanlab's rules (2 to 5 in 100) and
found nine flips in ten; `prune_by_class` found 94 to 98 in 100, with three to four times the false alarms. See
`benchmarks/label_errors.py`.
"""

QUALITY = "self_confidence"
"""What suspects are ranked by: the probability of the label that was given."""


@dataclass(frozen=True)
class Suspects:
    """Crops whose label is likely wrong, the most suspicious first; all arrays have this order.

    Attributes:
        index: (M,) int64 positions among the crops.
        suggested: (M,) int64 the class that the model takes each for, in 0..C-1.
        quality: (M,) float64 in 0..1, low where the label is likely wrong.
    """

    index: NDArray[np.int64]
    suggested: NDArray[np.int64]
    quality: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.index)

    def first(self, limit: int) -> "Suspects":
        """The most suspicious ones, so many at most."""
        return self.only(np.arange(min(limit, len(self))))

    def only(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "Suspects":
        """These of the suspects, by position or mask."""
        return Suspects(self.index[which], self.suggested[which], self.quality[which])


def check_installed() -> None:
    """Fail before hours of fitting rather than after them.

    Raises:
        NucleoscopeError: cleanlab is not installed.
    """
    if find_spec("cleanlab") is None:
        raise NucleoscopeError(
            'label review needs cleanlab, which is not installed: run pip install "nucleoscope[review]"'
        )


def label_quality(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64], method: str = QUALITY
) -> NDArray[np.float64]:
    """How far each label is to be believed, (N,) in 0..1.

    Args:
        probabilities: (N, C) of models that were not trained on the crop.
        labels: (N,) in 0..C-1.
        method: cleanlab's name of the score.
    """
    _check(probabilities, labels)
    from cleanlab.rank import get_label_quality_scores

    return np.asarray(get_label_quality_scores(labels, probabilities, method=method), np.float64)


def find_suspects(
    probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64], filter_by: str = FILTER
) -> Suspects:
    """Find the labels that are likely wrong.

    Confident learning counts how often crops of one label look surely like another class, against how sure the
    model is of that class in general, and takes as many of the least likely labels as it counted. A model that
    is weak at a class therefore does not put all of its crops under suspicion.

    Args:
        probabilities: (N, C) of models that were not trained on the crop.
        labels: (N,) in 0..C-1, at least one crop of each class.
        filter_by: cleanlab's name of the rule.
    """
    _check(probabilities, labels)
    from cleanlab.filter import find_label_issues

    # One process: the work takes less than a second, and processes do not mix with the threads of torch.
    found = np.asarray(find_label_issues(labels, probabilities, filter_by=filter_by, n_jobs=1), np.bool_)
    predicted = probabilities.argmax(axis=1)
    quality = label_quality(probabilities, labels)
    # A label that the model itself would give is no error to suggest a correction of.
    suspected = np.flatnonzero(found & (predicted != labels))
    order = suspected[np.argsort(quality[suspected], kind="stable")]
    return Suspects(order, predicted[order].astype(np.int64), quality[order])


def _check(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64]) -> None:
    assert probabilities.ndim == 2, probabilities.shape
    assert labels.shape == (len(probabilities),), (labels.shape, probabilities.shape)
    assert np.allclose(probabilities.sum(axis=1), 1.0), "probabilities of a crop must add up to 1"
