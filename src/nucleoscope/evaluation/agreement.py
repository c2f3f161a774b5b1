"""How far two people agree about the same crops, beyond what chance would bring.

Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement 20, 1960.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from nucleoscope.evaluation.intervals import Interval

LEAST = 20
"""Crops below which no interval is given: a bootstrap over so few says nothing."""

_DRAWS = 2000


@dataclass(frozen=True)
class Agreement:
    """Of two reviewers about the crops that both decided.

    Attributes:
        crops: how many these are.
        observed: share about which they agree; None without crops.
        kappa: 1 where they agree in all, 0 where no more than by chance; None where all answers are the same one, so
            that chance alone would agree as well.
        kappa_ci95: percentile bootstrap over crops; None below `LEAST` crops, and where every draw gives the same.
    """

    crops: int
    observed: float | None
    kappa: float | None
    kappa_ci95: Interval | None

    def sentence(self) -> str:
        """The agreement as it may be quoted: with its interval and number of crops."""
        if self.observed is None:
            return "no crop was decided by both"
        crops = f"{self.crops:,} crop{'' if self.crops == 1 else 's'} decided by both"
        if self.kappa is None:
            return f"kappa is not defined: every answer is the same; {crops}"
        interval = self.kappa_ci95
        spread = f"95 % interval {interval[0]:.2f} to {interval[1]:.2f}" if interval else "too few crops to tell more"
        return f"kappa {self.kappa:.2f} ({spread}); the same answer for {self.observed:.0%} of {crops}"


def measure_agreement(first: Sequence[str], second: Sequence[str], *, seed: int = 0) -> Agreement:
    """Compare the answers of two reviewers about the same N crops, in the same order.

    Args:
        first: N answers.
        second: N answers.
        seed: of the bootstrap.
    """
    assert len(first) == len(second), (len(first), len(second))
    if not len(first):
        return Agreement(0, None, None, None)
    observed = float(np.mean([a == b for a, b in zip(first, second, strict=True)]))
    answers = sorted({*first, *second})
    if len(answers) == 1:
        return Agreement(len(first), observed, None, None)
    kappa = float(cohen_kappa_score(first, second, labels=answers))
    interval = _interval(confusion_matrix(first, second, labels=answers), seed) if len(first) >= LEAST else None
    return Agreement(len(first), observed, kappa, interval)


def _interval(counts: NDArray[np.int64], seed: int) -> Interval | None:
    """Percentiles of kappa over crops drawn with replacement, from how often each pair of answers is, (A, A)."""
    crops = int(counts.sum())
    drawn = np.random.default_rng(seed).multinomial(crops, counts.ravel() / crops, size=_DRAWS)
    low, high = np.nanquantile(_kappas(drawn.reshape(-1, *counts.shape)), [0.025, 0.975])
    return None if low == high else (float(low), float(high))


def _kappas(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """Kappa of each table of answers, (D, A, A) -> (D,); NaN where chance alone would agree in all."""
    count = tables.sum(axis=(1, 2))
    observed = np.trace(tables, axis1=1, axis2=2) / count
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / count**2
    with np.errstate(invalid="ignore", divide="ignore"):
        kappas: NDArray[np.float64] = np.where(chance < 1, (observed - chance) / (1 - chance), np.nan)
    return kappas
