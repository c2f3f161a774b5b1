"""Class weights and the loss that is minimised."""

import numpy as np
from numpy.typing import NDArray


def class_weights(labels: NDArray[np.int64], n_classes: int, power: float) -> NDArray[np.float32]:
    """Weights frequency ** -power, scaled so that the mean weight of a crop is 1.

    Args:
        labels: (N,) of the training crops.
        n_classes: C; a class without crops weighs nothing.
        power: 0 gives every crop the same weight, 1 every class.

    Returns:
        (C,) float32.
    """
    counts = np.bincount(labels, minlength=n_classes).astype(np.float64)
    weights = np.where(counts > 0, np.maximum(counts, 1.0) ** -power, 0.0)
    scaled: NDArray[np.float32] = (weights * counts.sum() / (weights * counts).sum()).astype(np.float32)
    return scaled
