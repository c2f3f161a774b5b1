"""Read loss curves: what they show, in plain words, by rules that are written down."""

from dataclasses import dataclass
from enum import StrEnum

from nucleoscope.training.history import Epoch

_FEWEST = 4  # epochs, below which no trend is read
_RISE = 1.10  # times the lowest loss: where the last epochs have left it for good
_GAIN = 0.05  # of the loss: less than that in the last quarter is no improvement
_JUMP = 0.30  # of the lowest loss: a rise in one epoch that noise does not explain
_GAP = 0.05  # of accuracy: where training and validation part


class Trend(StrEnum):
    """What the curves of a fit show."""

    SHORT = "too short to read"
    UNSTABLE = "unstable"
    OVERFITTING = "overfitting"
    IMPROVING = "still improving"
    CONVERGED = "converged"


@dataclass(frozen=True)
class Diagnosis:
    """A trend.

    Attributes:
        trend: what the curves show.
        best: the epoch with the lowest validation loss; the first of equals.
        rise: validation loss at the end (mean of the last two epochs) as a multiple of the lowest.
    """

    trend: Trend
    best: int
    rise: float


def diagnose(history: list[Epoch]) -> Diagnosis:
    """What the first of these rules that holds makes of a fit.

    - too short: fewer than four epochs;
    - unstable: in the second half, validation loss jumps up twice in one epoch by more than 30 % of its lowest
      value and falls back in the next; or it ends more than 10 % above its lowest value and training loss has
      risen since as well;
    - overfitting: validation loss ends more than 10 % above its lowest value while training loss has fallen;
    - still improving: the last quarter of the epochs, at least two, lowered validation loss by more than 5 %;
    - converged: otherwise.

    The two losses are never compared with each other: training loss has label smoothing, class weights and
    augmentation in it.
    """
    validation = [epoch.val_loss for epoch in history]
    lowest = min(validation)
    at = validation.index(lowest)
    rise = sum(validation[-2:]) / len(validation[-2:]) / lowest if lowest > 0 else 1.0
    trend = _trend(validation, rise, history[-1].train_loss >= history[at].train_loss)
    return Diagnosis(trend, history[at].epoch, rise)


def _trend(validation: list[float], rise: float, training_rose: bool) -> Trend:
    if len(validation) < _FEWEST:
        return Trend.SHORT
    if _jumps(validation) >= 2 or (rise > _RISE and training_rose):
        return Trend.UNSTABLE
    if rise > _RISE:
        return Trend.OVERFITTING
    last = max(2, round(len(validation) / 4))
    if min(validation[-last:]) < (1 - _GAIN) * min(validation[:-last]):
        return Trend.IMPROVING
    return Trend.CONVERGED


def _jumps(validation: list[float]) -> int:
    """How often validation loss rose steeply and fell back, in the second half."""
    height = _JUMP * min(validation)
    middle = range(max(1, len(validation) // 2), len(validation) - 1)
    return sum(validation[t] - validation[t - 1] > height and validation[t + 1] < validation[t] for t in middle)


def read_curves(history: list[Epoch], parts: tuple[str, str] = ("training", "validation")) -> str:
    """What the curves of a fit show and what to do about it, in a few sentences.

    Args:
        history: at least one epoch.
        parts: names of what was learned from and of what was watched.
    """
    learned, watched = parts
    found = diagnose(history)
    last = history[-1]
    words = {
        Trend.SHORT: f"{len(history)} epoch{'s' if len(history) > 1 else ''}: too few to read a trend.",
        Trend.UNSTABLE: f"Unstable: {watched} loss jumps up and down or rises together with {learned} loss. "
        "Lower the learning rate or enlarge the batch.",
        Trend.OVERFITTING: f"Overfitting from epoch {found.best + 1}: {watched} loss is lowest in epoch "
        f"{found.best} and ends {found.rise - 1:.0%} above that while {learned} loss has fallen. "
        "Fewer epochs, more augmentation or more weight decay.",
        Trend.IMPROVING: f"Still improving: {watched} loss was falling when the fit ended. More epochs may help.",
        Trend.CONVERGED: f"Converged: {watched} loss stays near its lowest value (epoch {found.best}). "
        "More epochs would change little.",
    }[found.trend]
    gap = last.train_accuracy - last.val_accuracy
    if gap > _GAP:
        words += (
            f" The {learned} accuracy ends {100 * gap:.1f} points above the {watched} accuracy: the model knows the "
            "crops it learned from better than others."
        )
    return words
