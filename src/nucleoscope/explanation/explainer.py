"""`Explainer`: a way of making maps, as the checks of trust see it."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.explanation.attributions import Method, attribute
from nucleoscope.models.classifier import NucleusClassifier

Explainer = Callable[[NucleusClassifier, Tensor, Tensor], NDArray[np.float32]]
"""Maps (B, H, W) of pictures (B, 3, H, W), float in 0..1, for the logits of the classes (B,)."""


def explainer(method: Method, steps: int) -> Explainer:
    """A method as an explainer; `steps` is for integrated gradients."""
    return partial(_explain, method, steps)


def _explain(
    method: Method, steps: int, model: NucleusClassifier, pictures: Tensor, targets: Tensor
) -> NDArray[np.float32]:
    return attribute(model, pictures, targets, method, steps=steps).maps
