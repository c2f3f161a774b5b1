"""One crop explained: a map, and two cheap answers to whether it can be believed."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.augment import to_float
from nucleoscope.explanation.attributions import Method, attribute
from nucleoscope.explanation.centre import central_share, radius_in, uniform_share
from nucleoscope.explanation.deletion import Game, area, cell_side, curves, map_ranks, random_ranks
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.logits import to_batch
from nucleoscope.prediction.probabilities import to_probabilities

RANDOM_ORDERS = 9
"""With nine, a map that means nothing is the best of all in one case of ten."""


@dataclass(frozen=True)
class Explained:
    """A map of one crop, and how it was checked.

    Attributes:
        values: (H, W) float32; above 0 speaks for the class, below against it.
        central_share: share of the map on the nucleus in the centre; None for a map of zeros.
        uniform_share: what that would be for a map that is alike everywhere.
        area: under the probability of the class while the crop is blurred, what the map marks most first.
        random_areas: the same for random orders.
    """

    values: NDArray[np.float32]
    central_share: float | None
    uniform_share: float
    area: float
    random_areas: tuple[float, ...]

    @property
    def beats_random(self) -> bool:
        """Whether the probability falls faster in the map's order than in every random one."""
        return self.area < min(self.random_areas)

    def sentence(self, name: str) -> str:
        """The check in plain words; `name` is of the class."""
        figures = f"area {self.area:.2f}; at random {min(self.random_areas):.2f} to {max(self.random_areas):.2f}"
        if self.beats_random:
            return (
                f"On this crop the map holds: blurring what it marks lowers the probability of {name} faster than "
                f"each of {len(self.random_areas)} random orders does ({figures})."
            )
        return (
            f"On this crop the map is not to be relied on: blurring what it marks lowers the probability of {name} no "
            f"faster than the best of {len(self.random_areas)} random orders does ({figures})."
        )


def explain_crop(bundle: Bundle, image: NDArray[np.uint8], target: int, method: Method) -> Explained:
    """Explain the logit of a class.

    Args:
        bundle: that nobody else uses meanwhile.
        image: (H, W, 3) of the bundle's size.
        target: position of the class.
        method: how.

    Raises:
        GradCamUnavailableError: the network has no feature maps that Grad-CAM could weigh.
    """
    device = next(bundle.model.parameters()).device
    picture = to_float(to_batch(image[None], np.zeros(1, np.int64), device))
    values = attribute(bundle.model, picture, torch.tensor([target]), method).maps
    areas = _areas(bundle, picture, target, values)
    radius = radius_in(bundle.config.specification.surroundings)
    uniform = uniform_share(*values[0].shape, radius=radius)
    return Explained(values[0], central_share(values[0], radius), uniform, areas[0], tuple(areas[1:]))


def _areas(bundle: Bundle, picture: Tensor, target: int, values: NDArray[np.float32]) -> list[float]:
    """The area in the order of the map (1, H, W), and in random ones."""

    @torch.inference_mode()
    def probability(pictures: Tensor) -> NDArray[np.float64]:
        return to_probabilities(bundle.model(pictures).float().cpu().numpy(), bundle.config)

    own = map_ranks(values, cell_side(picture), seed=0)
    ranks = np.concatenate([own, random_ranks(RANDOM_ORDERS, picture, seed=0)])
    pictures = picture.expand(len(ranks), -1, -1, -1)
    found: list[float] = area(curves(probability, pictures, np.full(len(ranks), target), ranks, Game.DELETION)).tolist()
    return found


# The ends of Matplotlib's RdBu, as on the pages of explanations; colour-blind readers tell them apart.
_FOR, _AGAINST = (178, 24, 43), (33, 102, 172)


def overlay_of(values: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """A map (H, W) to lie over its crop, (H, W, 4): red for the class, blue against it, clear where it says nothing."""
    overlay = np.empty((*values.shape, 4), np.uint8)
    overlay[..., :3] = np.where(values[..., None] > 0, _FOR, _AGAINST)
    overlay[..., 3] = (np.clip(np.abs(values) / scale, 0.0, 1.0) * 255).round()
    return overlay


def scale_of(values: NDArray[np.float32]) -> float:
    """The 99th percentile of absolute values: what is shown in full colour; 1 for a map of zeros."""
    strength = np.abs(values)
    return float(np.percentile(strength, 99)) or float(strength.max()) or 1.0
