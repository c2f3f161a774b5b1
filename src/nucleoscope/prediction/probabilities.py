"""From logits to probabilities: the one softmax of this project, with what the bundle adds to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from nucleoscope.data.concealing import place_in_unknown
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.prediction.engines.catalogue import AUTO
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.prediction.logits import Progress
from nucleoscope.prediction.resolution import sizes_taken


def tempered(
    logits: NDArray[np.floating[Any]], temperature: float, adjustment: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Softmax (N, C) of logits (N, C) that are adjusted by (C,) first, and then divided by the temperature."""
    adjusted = logits if adjustment is None else logits + np.asarray(adjustment)
    probabilities: NDArray[np.float64] = softmax(adjusted.astype(np.float64) / temperature, axis=1)
    return probabilities


def to_probabilities(logits: NDArray[np.floating[Any]], config: BundleConfig) -> NDArray[np.float64]:
    """Adjusted, tempered softmax of logits (N, C)."""
    return tempered(logits, config.temperature, config.adjustment)


def predict_probabilities(
    bundle: Bundle,
    images: NDArray[np.uint8],
    progress: Progress | None = None,
    *,
    engine: str | Runner = AUTO,
) -> NDArray[np.float64]:
    """Class probabilities (N, C) of crops (N, H, W, 3) uint8.

    A bundle that sees more than the crop takes crops by themselves too; what lies around them is then unknown to it.

    Args:
        bundle: its engines are in the folder that it was loaded from.
        images: the crops.
        progress: told how many are done.
        engine: name of an engine, or "auto" for the fastest that agrees with PyTorch; or one that
            `engines.choice.choose_engine` made ready.

    Raises:
        DataError: the crops are not of the size that the model was made for; see `to_resolution`.
        ConfigError: there is no engine of this name.
        EngineError: the engine cannot be used.
    """
    specification = bundle.config.specification
    wanted = specification.size
    if specification.surroundings > 1 and images.shape[1:3] == specification.crop_size:
        images = place_in_unknown(images, wanted)
    if images.shape[1:3] != wanted:
        raise DataError(
            f"crops are {images.shape[2]}x{images.shape[1]} pixels; the model expects {sizes_taken(specification)}: "
            "cut crops of that size, or resample them"
        )
    runner = choose_engine(bundle, engine, images) if isinstance(engine, str) else engine
    return to_probabilities(runner.logits(images, bundle.config.views, progress), bundle.config)


def uncalibrated(logits: NDArray[np.floating[Any]], config: BundleConfig) -> NDArray[np.float64]:
    """The probabilities (N, C) as they were without a temperature, to show what it changes."""
    return to_probabilities(logits, replace(config, temperature=1.0))
