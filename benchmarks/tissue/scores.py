"""What logits are worth: accuracy, the figures of the issue's targets, and the coarse score."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import f1_score, recall_score

from nucleoscope.evaluation.calibration import expected_calibration_error
from tissue.material import FOLDS, Material


@dataclass(frozen=True)
class Score:
    """Fractions, of crops of the named protocol.

    Attributes:
        crops: how many were measured.
        accuracy: of all.
        macro_f1: over the classes.
        recall: of each class.
        coarse: accuracy where classes whose name ends in "epithelium" count as one, or None if there are not two.
        worst_fold: accuracy of the worst fold, or None for a part of the folds.
        ece: expected calibration error.
    """

    crops: int
    accuracy: float
    macro_f1: float
    recall: tuple[float, ...]
    coarse: float | None
    worst_fold: float | None
    ece: float

    def cells(self, classes: tuple[str, ...]) -> dict[str, object]:
        """As cells of a table, by column."""
        found = {name: value for name, value in asdict(self).items() if name != "recall"}
        return found | {f"recall {name}": value for name, value in zip(classes, self.recall, strict=True)}


def score(material: Material, held: NDArray[np.int64], probabilities: NDArray[np.floating]) -> Score:
    """Measure probabilities (M, C) of the crops at `held`."""
    labels, predicted = material.labels[held], probabilities.argmax(axis=1)
    right = predicted == labels
    folds = [right[material.fold[held] == fold] for fold in range(FOLDS)]
    numbers = np.arange(len(material.classes))
    merged = _coarse(material.classes)
    return Score(
        crops=len(held),
        accuracy=float(right.mean()),
        macro_f1=float(f1_score(labels, predicted, labels=numbers, average="macro", zero_division=0.0)),
        recall=tuple(recall_score(labels, predicted, labels=numbers, average=None, zero_division=0.0).tolist()),
        coarse=None if merged is None else float((merged[predicted] == merged[labels]).mean()),
        worst_fold=float(min(fold.mean() for fold in folds)) if all(len(fold) for fold in folds) else None,
        ece=expected_calibration_error(probabilities, labels),
    )


def to_probabilities(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Softmax of logits (M, C)."""
    found: NDArray[np.float64] = softmax(logits.astype(np.float64) / temperature, axis=1)
    return found


def _coarse(classes: tuple[str, ...]) -> NDArray[np.int64] | None:
    epithelial = [name.casefold().endswith(("epithelium", "epithelial")) for name in classes]
    if sum(epithelial) < 2:
        return None
    numbers = np.arange(len(classes))
    numbers[epithelial] = int(np.flatnonzero(epithelial)[0])
    return numbers
