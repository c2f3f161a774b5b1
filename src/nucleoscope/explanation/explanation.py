"""`Explanation`: one crop, why it was chosen, and what the methods say about it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.explanation.attributions import Method
from nucleoscope.explanation.centre import RADIUS, central_share
from nucleoscope.explanation.choose import Chosen


@dataclass(frozen=True)
class Explanation:
    """A crop with its maps, which explain the logit of the predicted class.

    Attributes:
        chosen: which crop, and why.
        name: of the crop.
        image: (H, W, 3) uint8.
        maps: (H, W) float32 by method; a method that is not available for the network is missing.
        convergence_delta: of integrated gradients: how far its sum is from `logit_change`, where it should be.
        radius: of the central disc, as a fraction of the picture's shorter side.
    """

    chosen: Chosen
    name: str
    image: NDArray[np.uint8]
    maps: dict[Method, NDArray[np.float32]]
    convergence_delta: float
    radius: float = RADIUS

    @property
    def logit_change(self) -> float:
        """By how much the logit of the predicted class changes from white to the crop."""
        return float(self.maps[Method.INTEGRATED_GRADIENTS].sum(dtype=np.float64)) - self.convergence_delta

    def central_share(self, method: Method) -> float | None:
        """Share of a map that lies in the central disc; None for a map of zeros."""
        return central_share(self.maps[method], self.radius)

    def to_mapping(self, classes: tuple[str, ...]) -> dict[str, Any]:
        """Names and values, ready for JSON; `central_share` is null where there is no map or one of zeros."""
        shares = {method: self.central_share(method) if method in self.maps else None for method in Method}
        return {
            "name": self.name,
            "true": classes[self.chosen.true],
            "predicted": classes[self.chosen.predicted],
            "probability": self.chosen.probability,
            "reason": self.chosen.reason,
            "central_share": shares,
            "convergence_delta": self.convergence_delta,
            "logit_change": self.logit_change,
        }
