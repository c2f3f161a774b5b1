"""Infidelity and sensitivity of maps, as Yeh et al. 2019 (arXiv:1901.09392) define and Captum computes them."""

import numpy as np
import torch
from captum.metrics import infidelity, sensitivity_max
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.explanation.attributions import WHITE
from nucleoscope.explanation.explainer import Explainer
from nucleoscope.models.classifier import NucleusClassifier

SQUARES = 32  # for each crop
SQUARE_SIDES = (0.1, 0.4)  # of the shorter side: from less than a nucleus to more than one
NOISE = 0.02  # of the range of a pixel, either way: five grey levels, which nobody sees
TRIES = 3  # of noise for each crop

_PICTURES = 32  # in one pass


def relative_infidelity(
    model: NucleusClassifier, pictures: Tensor, targets: Tensor, maps: dict[str, NDArray[np.float32]], *, seed: int
) -> dict[str, NDArray[np.float64]]:
    """How badly maps foretell by how much the logit falls when a square is covered with white.

    A map foretells the sum of its values in the square, times the factor that suits the crop best, so that maps
    without a unit are judged too. Squares of random sides lie at random places, the same ones for all maps.

    Args:
        model: the classifier, in evaluation mode.
        pictures: (B, 3, H, W), float in 0..1, where the model is.
        targets: (B,) classes whose logits are explained.
        maps: (B, H, W), by name.
        seed: of the squares.

    Returns:
        By name (B,): mean squared error as a share of the mean squared fall: 0 for a map that foretells every fall up
        to the factor, 1 for one that foretells nothing, such as a map of zeros. NaN where no square changes the logit.
    """
    ask = _Remembered(model)
    fall = _infidelity(ask, pictures, targets, torch.zeros_like(pictures), seed)
    relative = {}
    for name, values in maps.items():
        # Captum wants a value for each number of the picture; a square covers all channels, so each has a third.
        spread = torch.from_numpy(values).to(pictures.device)[:, None].expand_as(pictures) / pictures.shape[1]
        error = _infidelity(ask, pictures, targets, spread, seed)
        relative[name] = np.divide(error, fall, out=np.full_like(fall, np.nan), where=fall > 0)
    return relative


class _Remembered:
    """A model that is asked once: all maps are judged by the same squares, in the same order."""

    def __init__(self, model: NucleusClassifier) -> None:
        self.model = model
        self.answers: list[Tensor] = []
        self.asked = 0

    def begin_again(self) -> None:
        """The first question comes next."""
        self.asked = 0

    def __call__(self, pictures: Tensor) -> Tensor:
        """Logits (B, C) of pictures (B, 3, H, W)."""
        if self.asked == len(self.answers):
            self.answers.append(self.model(pictures))
        self.asked += 1
        return self.answers[self.asked - 1]


def _infidelity(
    ask: _Remembered, pictures: Tensor, targets: Tensor, attributions: Tensor, seed: int
) -> NDArray[np.float64]:
    generator = torch.Generator().manual_seed(seed)
    ask.begin_again()

    def cover(inputs: Tensor) -> tuple[Tensor, Tensor]:
        squares = random_squares(inputs, generator)
        return squares, torch.where(squares > 0, WHITE, inputs)

    found: Tensor = infidelity(
        ask,
        cover,
        pictures,
        attributions,
        target=targets.to(pictures.device),
        n_perturb_samples=SQUARES,
        max_examples_per_batch=max(_PICTURES, len(pictures)),
        normalize=True,
    )
    # What is left after the best factor cannot be negative, but rounding can make it so.
    values: NDArray[np.float64] = found.clamp(min=0.0).double().cpu().numpy()
    return values


def random_squares(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """1 in a square of random side at a random place of each picture, 0 elsewhere: as large as the pictures."""
    height, width = pictures.shape[-2:]
    low, high = (round(share * min(height, width)) for share in SQUARE_SIDES)
    side = torch.randint(low, high + 1, (len(pictures), 1), generator=generator)
    top, left = (
        (torch.rand(len(pictures), 1, generator=generator) * (length + 1 - side)).long() for length in (height, width)
    )
    rows, columns = torch.arange(height), torch.arange(width)
    inside_rows = (rows >= top) & (rows < top + side)  # (B, H)
    inside_columns = (columns >= left) & (columns < left + side)  # (B, W)
    squares = (inside_rows[:, :, None] & inside_columns[:, None, :])[:, None]  # (B, 1, H, W)
    return squares.to(pictures).expand_as(pictures)


def sensitivity(
    model: NucleusClassifier, pictures: Tensor, targets: Tensor, explain: Explainer, *, seed: int
) -> NDArray[np.float64]:
    """By how much a map changes, at most, when each pixel changes by up to 2 % of its range at random.

    Args:
        model: the classifier, in evaluation mode.
        pictures: (B, 3, H, W), float in 0..1, where the model is.
        targets: (B,) classes whose logits are explained.
        explain: makes the maps.
        seed: of the noise.

    Returns:
        (B,) norm of the change as a share of the norm of the map, the largest of three tries.
    """
    generator = torch.Generator().manual_seed(seed)

    def disturb(inputs: Tensor) -> Tensor:
        noise = (torch.rand(inputs.shape, generator=generator) * 2.0 - 1.0) * NOISE
        return (inputs + noise.to(inputs.device)).clamp(0.0, 1.0)

    def maps(inputs: Tensor | tuple[Tensor, ...], target: Tensor) -> tuple[Tensor, ...]:
        some = inputs[0] if isinstance(inputs, tuple) else inputs
        return (torch.from_numpy(explain(model, some, target)),)  # Captum would take a tensor for a tuple of crops

    found: Tensor = sensitivity_max(
        maps,
        pictures,
        disturb,
        n_perturb_samples=TRIES,
        max_examples_per_batch=len(pictures),
        target=targets,
    )
    values: NDArray[np.float64] = found.double().cpu().numpy()
    return values
