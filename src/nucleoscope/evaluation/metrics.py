"""Metrics of class probabilities against labels; never without their protocol."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.calibration import expected_calibration_error
from nucleoscope.evaluation.intervals import Interval, bootstrap_intervals


@dataclass(frozen=True)
class ClassMetrics:
    """Of one class; fractions, except `support`: how many crops truly belong to it."""

    precision: float
    recall: float
    f1: float
    support: int
    recall_ci95: Interval | None


@dataclass(frozen=True)
class Metrics:
    """What one part of one split says about a model; fractions in 0..1, unrounded.

    Attributes:
        protocol: how the part was split off.
        crops: how many crops were measured.
        accuracy: share of crops whose class is right.
        accuracy_ci95: see `evaluation.intervals`; None where too few tiles allow none, as for those below.
        balanced_accuracy: mean recall of the classes that occur.
        balanced_accuracy_ci95: its interval.
        macro_f1: mean F1 of the classes that occur.
        macro_f1_ci95: its interval.
        ece: expected calibration error.
        per_class: by class name, in the order of the classes.
    """

    protocol: Protocol
    crops: int
    accuracy: float
    accuracy_ci95: Interval | None
    balanced_accuracy: float
    balanced_accuracy_ci95: Interval | None
    macro_f1: float
    macro_f1_ci95: Interval | None
    ece: float
    per_class: dict[str, ClassMetrics]

    def sentence(self) -> str:
        """The accuracy as it may be quoted: with its interval, protocol and number of crops."""
        return quote(self.accuracy, self.accuracy_ci95, self.protocol, self.crops)

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return asdict(self)


def quote(accuracy: float, interval: Sequence[float] | None, protocol: Protocol, crops: int) -> str:
    """An accuracy as it may be quoted: with its 95 % interval, protocol and number of crops."""
    spread = f"95 % interval {interval[0]:.1%} to {interval[1]:.1%}" if interval else "too few tiles for an interval"
    return f"{accuracy:.1%} accuracy ({spread}; {protocol} split, {crops:,} validation crops)"


def check_shapes(probabilities: NDArray[np.floating[Any]], labels: NDArray[np.int64], n_classes: int) -> None:
    """Assert (N, C) probabilities or logits and (N,) labels."""
    assert probabilities.ndim == 2, f"expected (N, C), found {probabilities.shape}"
    assert probabilities.shape[1] == n_classes, f"{probabilities.shape[1]} columns for {n_classes} classes"
    assert labels.shape == (len(probabilities),), f"{len(probabilities)} rows for labels of {labels.shape}"


def evaluate(
    probabilities: NDArray[np.floating[Any]],
    labels: NDArray[np.int64],
    classes: tuple[str, ...],
    protocol: Protocol,
    *,
    tile: NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Metrics:
    """Measure predictions.

    Args:
        probabilities: (N, C), rows sum to 1.
        labels: (N,) in 0..C-1.
        classes: C names.
        protocol: how these crops were split off.
        tile: (N,) tile of each crop; needed under `tiles`, where the interval is drawn over tiles.
        seed: of the bootstrap.
    """
    check_shapes(probabilities, labels, len(classes))
    predicted = probabilities.argmax(axis=1)
    numbers = np.arange(len(classes))
    precision, recall, f1, support = precision_recall_fscore_support(
        labels, predicted, labels=numbers, zero_division=0.0
    )
    occurs = support > 0
    cluster = tile if protocol is Protocol.TILES else None
    intervals = bootstrap_intervals(labels, predicted, len(classes), cluster, seed=seed)
    return Metrics(
        protocol=protocol,
        crops=len(labels),
        accuracy=float((predicted == labels).mean()),
        accuracy_ci95=intervals.accuracy,
        balanced_accuracy=float(recall[occurs].mean()),
        balanced_accuracy_ci95=intervals.balanced_accuracy,
        macro_f1=float(f1[occurs].mean()),
        macro_f1_ci95=intervals.macro_f1,
        ece=expected_calibration_error(probabilities, labels),
        per_class={
            name: ClassMetrics(
                float(precision[c]), float(recall[c]), float(f1[c]), int(support[c]), intervals.recall[c]
            )
            for c, name in enumerate(classes)
        },
    )


def confusion(labels: NDArray[np.int64], predicted: NDArray[np.int64], n_classes: int) -> NDArray[np.int64]:
    """Counts (C, C): rows are true classes, columns predicted ones."""
    counts: NDArray[np.int64] = confusion_matrix(labels, predicted, labels=np.arange(n_classes))
    return counts
