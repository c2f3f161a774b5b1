"""How well an engine agrees with PyTorch in float32.

It is measured on training crops, since validation crops choose nothing. A model knows its training crops by heart
and is sure of them, whatever the number type; changed at random they are as hard as new ones, or harder.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.at_once import pictures_at_once
from nucleoscope.data.augment import augment
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.prediction.engines.record import Parity
from nucleoscope.prediction.engines.runner import Recheck, Runner, lead
from nucleoscope.prediction.probabilities import to_probabilities

PARITY_CROPS = 1000
_CHANGED_AT_ONCE = 256  # crops, at most


@dataclass(frozen=True)
class Reference:
    """What an engine is compared with.

    Attributes:
        crops: (N, H, W, 3) uint8.
        logits: (N, C) of PyTorch in float32.
        config: of the bundle.
    """

    crops: NDArray[np.uint8]
    logits: NDArray[np.float32]
    config: BundleConfig

    def compare(self, runner: Runner) -> Parity:
        """Measure an engine, with what it computes again."""
        probabilities = to_probabilities(self.logits, self.config)
        decided = runner.logits(self.crops)
        found = to_probabilities(decided, self.config)
        parity = Parity(
            crops=len(self.crops),
            equal_decisions=_equal(found, probabilities),
            largest_probability_difference=float(np.abs(found - probabilities).max()),
        )
        return parity if runner.recheck is None else self._with_recheck(parity, runner, runner.recheck)

    def _with_recheck(self, parity: Parity, runner: Runner, recheck: Recheck) -> Parity:
        alone = Runner(runner.name, runner.engine).logits(self.crops)
        return Parity(
            parity.crops,
            parity.equal_decisions,
            parity.largest_probability_difference,
            margin=recheck.margin,
            rechecked=len(recheck.unsure(alone)) / len(self.crops),
            equal_alone=_equal(to_probabilities(alone, self.config), to_probabilities(self.logits, self.config)),
        )


def changed_crops(images: NDArray[np.uint8], index: NDArray[np.int64], seed: int) -> NDArray[np.uint8]:
    """`PARITY_CROPS` of the crops at `index`, each changed by the full augmentation; (N, H, W, 3)."""
    picked = np.random.default_rng(seed).choice(index, PARITY_CROPS, replace=len(index) < PARITY_CROPS)
    generator = torch.Generator().manual_seed(seed)
    step, parts = pictures_at_once(_CHANGED_AT_ONCE, *images.shape[1:3]), []
    for start in range(0, len(picked), step):
        pictures = torch.from_numpy(images[picked[start : start + step]]).permute(0, 3, 1, 2)  # a copy
        changed = augment(pictures, (images.shape[1], images.shape[2]), 1.0, generator)
        parts.append((changed * 255.0).round().byte().permute(0, 2, 3, 1).contiguous().numpy())
    return np.concatenate(parts)


def find_margin(quick: NDArray[np.float32], exact: NDArray[np.float32], adjustment: tuple[float, ...] | None) -> float:
    """By how much the quick engine's best class must lead for its decision to be trusted.

    The largest lead with which it decided otherwise than the exact one. Of new crops like these N, at most one in
    N + 1 is expected to be decided otherwise with a larger lead (the argument of split conformal prediction, Vovk,
    Gammerman and Shafer 2005).

    Args:
        quick: logits (N, C).
        exact: logits (N, C) of the same crops.
        adjustment: that the bundle adds before it decides.

    Returns:
        The lead in logits; 0 where all decisions are equal.
    """
    added = 0.0 if adjustment is None else np.asarray(adjustment)
    differ = (quick + added).argmax(axis=1) != (exact + added).argmax(axis=1)
    return float(lead(quick[differ], adjustment).max(initial=0.0))


def _equal(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float((one.argmax(axis=1) == other.argmax(axis=1)).mean())
