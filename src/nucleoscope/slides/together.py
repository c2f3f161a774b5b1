"""Several models asked about the same nuclei: one answer."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import Bundle
from nucleoscope.slides.results import Verdicts


def check_together(bundles: Sequence[Bundle]) -> None:
    """Refuse models that do not speak of the same classes.

    Raises:
        ConfigError: there are such.
    """
    first = bundles[0].config.classes
    for bundle in bundles[1:]:
        if bundle.config.classes != first:
            raise ConfigError(
                f"the models have different classes: {', '.join(first)} in one, {', '.join(bundle.config.classes)} in "
                "another; expected models of the same classes in the same order: train them on the same labels"
            )


def together(models: Sequence[Iterator[Verdicts]]) -> Iterator[Verdicts]:
    """The mean probability of several models for each nucleus.

    Args:
        models: verdicts of each on the same nuclei, in the same chunks. The first also says what is no tissue, and what
            is foreign to it: it should be the one that sees the nucleus closest.

    Yields:
        One verdict a chunk.
    """
    for first, *others in zip(*models, strict=True):
        probabilities = np.stack([first.probabilities, *(verdicts.probabilities for verdicts in others)])
        yield Verdicts(first.classes, _mean_where_asked(probabilities), first.novelty, first.unsure)


def _mean_where_asked(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, C) of (M, N, C): where the first model was asked, the mean of all that were; else not a number."""
    asked = np.all(np.isfinite(probabilities), axis=2)  # (M, N)
    total = np.where(asked[:, :, None], probabilities, 0.0).sum(axis=0)
    mean = total / np.maximum(asked.sum(axis=0), 1)[:, None]
    return np.where(asked[0][:, None], mean, np.nan).astype(np.float32)
