"""Logits of many crops, a batch at a time."""

from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.at_once import pictures_at_once
from nucleoscope.data.augment import to_float
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.prediction.views import make_views
from nucleoscope.runtime import mixed_precision

Progress = Callable[[int, int], None]
"""Told how many crops are done, of how many."""


def to_batch(images: NDArray[np.uint8], index: NDArray[np.int64], device: torch.device) -> Tensor:
    """The crops at `index` as uint8 (B, 3, H, W) on the device, in channels-last memory."""
    batch = torch.from_numpy(images[index])  # (B, H, W, 3), a copy
    if device.type == "cuda":
        batch = batch.pin_memory()
    return batch.to(device, non_blocking=True).permute(0, 3, 1, 2)


@torch.inference_mode()
def predict_logits(
    model: NucleusClassifier,
    images: NDArray[np.uint8],
    index: NDArray[np.int64] | None = None,
    *,
    device: torch.device,
    batch_size: int = 128,
    views: int = 1,
    exact: bool = False,
    progress: Progress | None = None,
) -> Tensor:
    """Logits of crops, without augmentation; the model is left in evaluation mode.

    Args:
        model: on `device`.
        images: (N, H, W, 3) uint8.
        index: positions of the crops that are wanted, or None for all.
        device: where the model is.
        batch_size: crops a step at most; of large ones fewer.
        views: 8 gives the mean over all flips and quarter turns of a crop, at eight times the cost; see `views`.
        exact: compute in float32 also where bfloat16 is faster.
        progress: told after every batch.

    Returns:
        (len(index), C) float32 on the CPU.
    """
    positions = np.arange(len(images)) if index is None else index
    model.eval()
    step, found = pictures_at_once(batch_size, *images.shape[1:3]), []
    for start in range(0, len(positions), step):
        batch = to_batch(images, positions[start : start + step], device)
        with nullcontext() if exact else mixed_precision(device):
            each = [
                model(view.contiguous(memory_format=torch.channels_last)).float()
                for view in make_views(to_float(batch), views)
            ]
        found.append(torch.stack(each).mean(dim=0).cpu())
        if progress:
            progress(min(start + step, len(positions)), len(positions))
    return torch.cat(found)
