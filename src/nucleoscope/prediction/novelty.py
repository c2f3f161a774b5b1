"""How foreign a nucleus is to a classifier, from its logits: a softmax is sure of a class for anything it sees."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

KEPT = 0.99
"""Share of nuclei like those of the training that lie below the threshold."""


def energy(logits: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """The free energy -log(sum(exp(logits))) of nuclei, (N,): the higher, the more foreign.

    Liu et al. 2020, arXiv:2010.03759, at their temperature of 1. A softmax forgets how large all logits are together;
    the energy is what it forgets. Neither the bundle's temperature nor its adjustment takes part.

    Args:
        logits: (N, C), the mean over views where there are several.
    """
    found: NDArray[np.float32] = -logsumexp(logits.astype(np.float64), axis=1).astype(np.float32)
    return found


def fit_novelty_threshold(logits: NDArray[np.floating[Any]]) -> float:
    """The energy above which a nucleus counts as foreign: not reached by 99 % of the given ones.

    Args:
        logits: (N, C) of crops that the model was not trained on and that are not reported, at least one.
    """
    return float(np.quantile(energy(logits), KEPT, method="higher"))


def is_foreign(scores: NDArray[np.floating[Any]], threshold: float | None) -> NDArray[np.bool_]:
    """Which energies (N,) lie above a bundle's threshold; none where it has none."""
    if threshold is None:
        return np.zeros(len(scores), np.bool_)
    foreign: NDArray[np.bool_] = scores > np.float32(threshold)
    return foreign
