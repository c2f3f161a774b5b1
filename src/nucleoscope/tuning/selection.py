"""The choice among trials and among the epochs of one, on the `select` share alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.config import Training
from nucleoscope.errors import NucleoscopeError
from nucleoscope.training.history import Epoch
from nucleoscope.tuning.journal import Status, Trial


@dataclass(frozen=True)
class Selection:
    """The settings of the final fit and what they reached on crops that the fit did not see.

    Attributes:
        settings: of the final fit.
        keep: the final fit stops after this epoch of its schedule.
        history: of the fit on the `fit` part; its validation figures are those of the `select` part.
        logits: (M, C) of the `select` crops after epoch `keep`.
    """

    settings: Training
    keep: int
    history: tuple[Epoch, ...]
    logits: NDArray[np.float32]


def choose_trial(trials: Sequence[Trial]) -> Trial:
    """The trial with the best accuracy on `select` among those that ran to their end; the loss breaks ties.

    A trial that was cut short is no candidate: its learning rate had not come down yet. Nor is one that failed.

    Raises:
        NucleoscopeError: no trial ran to its end.
    """
    finished = [trial for trial in trials if trial.status is Status.FINISHED]
    if not finished:
        reasons = "; ".join(sorted({trial.reason for trial in trials if trial.reason})) or "no reason recorded"
        raise NucleoscopeError(
            f"none of {len(trials)} trials ran to its end ({reasons}); expected at least one: "
            "see tuning.csv, or take the default settings with --trials 0"
        )
    return max(finished, key=lambda trial: (trial.history[-1].val_accuracy, -trial.history[-1].val_loss))


def independent_crops(tile: NDArray[np.int64]) -> float:
    """How many crops of tiles of their own would say as much as crops of these tiles, (M,), do.

    Crops of a tile share stain and tissue and are right or wrong together: a tile counts as one crop, and tiles of
    different size as the effective number of Kish (1965, Survey Sampling).
    """
    _, counts = np.unique(tile, return_counts=True)
    return float(counts.sum() ** 2 / (counts**2).sum())


def choose_epoch(history: Sequence[Epoch], crops: float) -> int:
    """How many epochs to keep: all, unless an earlier one was better by more than one standard error.

    The learning rate comes down to nothing at the end of the schedule, so the last epoch has the best claim; the
    one-standard-error rule (Breiman et al. 1984) keeps noise from overruling it.

    Args:
        history: of a whole fit.
        crops: how many independent crops the accuracy was measured on, see `independent_crops`.
    """
    best = max(history, key=lambda epoch: epoch.val_accuracy)
    last = history[-1]
    likely = (last.val_accuracy * crops + 1) / (crops + 2)  # Laplace's rule: no accuracy is certain
    error = math.sqrt(likely * (1 - likely) / crops)
    return best.epoch if best.val_accuracy - last.val_accuracy > error else last.epoch
