"""Many crops through an engine: a part at a time, all views, and the unsure ones again with an exact engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.at_once import pictures_at_once
from nucleoscope.prediction.engines.engine import Engine
from nucleoscope.prediction.logits import Progress
from nucleoscope.prediction.views import make_views

_MOST = 512  # crops between two reports of progress


@dataclass(frozen=True)
class Recheck:
    """Which crops an engine is not sure of, and who decides them.

    Attributes:
        engine: an exact one.
        margin: crops whose best class leads the second by no more, in logits, are computed again.
        adjustment: C numbers that the bundle adds to the logits before it decides, or None.
    """

    engine: Engine
    margin: float
    adjustment: Sequence[float] | None = None

    def unsure(self, logits: NDArray[np.float32]) -> NDArray[np.int64]:
        """Positions of the crops that must be computed again, for logits (B, C)."""
        return np.flatnonzero(lead(logits, self.adjustment) <= self.margin)


@dataclass(frozen=True)
class Runner:
    """An engine that is ready, under its name.

    Attributes:
        name: of the engine.
        engine: that computes all crops.
        recheck: None for an engine that decides on its own.
        note: what a person should know about the choice of this engine, or None.
    """

    name: str
    engine: Engine
    recheck: Recheck | None = None
    note: str | None = None

    def logits(
        self, images: NDArray[np.uint8], views: int = 1, progress: Progress | None = None
    ) -> NDArray[np.float32]:
        """Logits (N, C) of crops (N, H, W, 3), the mean over their views; see `predict_logits`."""
        step, found = pictures_at_once(_MOST, *images.shape[1:3]), []
        for start in range(0, len(images), step):
            found.append(_mean_over_views(self.engine, images[start : start + step], views))
            if progress:
                progress(min(start + step, len(images)), len(images))
        logits = np.concatenate(found)
        if self.recheck:
            _decide_again(self.recheck, images, views, logits)
        return logits


def _decide_again(recheck: Recheck, images: NDArray[np.uint8], views: int, logits: NDArray[np.float32]) -> None:
    """Replace the logits (N, C) of unsure crops; all at once, since a few crops do not fill an engine."""
    again, step = recheck.unsure(logits), pictures_at_once(_MOST, *images.shape[1:3])
    for start in range(0, len(again), step):
        positions = again[start : start + step]
        logits[positions] = _mean_over_views(recheck.engine, images[positions], views)


def lead(logits: NDArray[Any], adjustment: Sequence[float] | None) -> NDArray[Any]:
    """By how much the best class leads the second, (B,), in adjusted logits (B, C)."""
    ordered = np.sort(logits if adjustment is None else logits + np.asarray(adjustment), axis=1)
    return np.asarray(ordered[:, -1] - ordered[:, -2])


def _mean_over_views(engine: Engine, images: NDArray[np.uint8], views: int) -> NDArray[np.float32]:
    planes = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2)  # (B, 3, H, W), a copy
    each = [engine.logits(view.permute(0, 2, 3, 1).contiguous().numpy()) for view in make_views(planes, views)]
    return np.asarray(np.mean(each, axis=0), np.float32)
