"""Fitting the network to labelled fields, and choosing the threshold of what it finds."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nucleoscope.data.reading.wording import counted
from nucleoscope.errors import DataError
from nucleoscope.runtime import default_device, keep_freed_memory, mixed_precision
from nucleoscope.slides.detection.choosing import Choice, choose
from nucleoscope.slides.detection.labelled import LabelledField
from nucleoscope.slides.detection.learned import LearnedDetector
from nucleoscope.slides.detection.network import CentreNet
from nucleoscope.slides.detection.patches import LearningField, draw_patches, learning_field
from nucleoscope.slides.detection.settings import DetectorSettings
from nucleoscope.training.averaging import averaged
from nucleoscope.training.optimizer import one_cycle

Progress = Callable[[int, int], None]

_LEAST_FIELDS = 2
_LEAST_NUCLEI = 50
_AVERAGED_OVER = 100  # steps; see training.averaging
_LEAST_LOGIT = -4.0  # the lowest threshold that is tried
_CENTRE_WEIGHT = 4.0  # how much more a pixel on a centre counts than one far from any


def train_detector(
    fields: Sequence[LabelledField], settings: DetectorSettings, progress: Progress | None = None
) -> tuple[LearnedDetector, Choice]:
    """Train a detector: fit to most fields, choose threshold and separation on the others, fit again to all.

    Args:
        fields: with all of their nuclei.
        settings: of the training; the same seed on the same machine gives the same detector.
        progress: is told how many steps are done, of how many.

    Returns:
        The detector, and what was chosen on which fields, with the score there.

    Raises:
        DataError: there are too few fields or nuclei, or a field is too coarse.
    """
    _check(fields)
    known = [learning_field(field, settings.mpp) for field in fields]
    select = _selected(len(fields), settings)
    steps = 2 * settings.steps

    def watch(start: int) -> Callable[[int], None]:
        return lambda step: progress(start + step, steps) if progress else None

    first = fit_network([field for field, held in zip(known, select, strict=True) if not held], settings, watch(0))
    choice = choose(_detector(first, settings), [field for field, held in zip(fields, select, strict=True) if held])
    final = fit_network(known, settings, watch(settings.steps))
    return choice.applied_to(_detector(final, settings)), choice


def fit_network(
    fields: Sequence[LearningField], settings: DetectorSettings, on_step: Callable[[int], None] | None = None
) -> CentreNet:
    """Fit the network to patches of fields; it is the average of the last weights, in evaluation mode."""
    keep_freed_memory()
    device = default_device()
    generator = torch.Generator().manual_seed(settings.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = CentreNet(settings.width).to(device)
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: one_cycle(step / settings.steps))
    average = averaged(network, 2 * _AVERAGED_OVER)
    for step in range(1, settings.steps + 1):
        pictures, target = draw_patches(fields, settings.batch_size, settings.patch, settings.augmentation, generator)
        with mixed_precision(device):
            logits = network(pictures.to(device).contiguous(memory_format=torch.channels_last))
        optimizer.zero_grad()
        _loss(logits.float(), target.to(device)).backward()  # type: ignore[no-untyped-call]  # torch has no types for it
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        if on_step:
            on_step(step)
    kept: CentreNet = average.module  # type: ignore[assignment]  # it is a copy of the network
    return kept.eval()


def _loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy with the bells, in which centres count more: they are few."""
    weight = 1.0 + _CENTRE_WEIGHT * target
    return functional.binary_cross_entropy_with_logits(logits, target, weight)


def _detector(network: CentreNet, settings: DetectorSettings) -> LearnedDetector:
    return LearnedDetector(network, _LEAST_LOGIT, 0.0, settings.mpp, "trained detector")


def _selected(count: int, settings: DetectorSettings) -> list[bool]:
    """Which fields choose the threshold, drawn by the seed; at least one, and never all."""
    held = min(max(1, round(settings.select_share * count)), count - 1)
    order = np.random.default_rng(settings.seed).permutation(count)
    return [bool(rank < held) for rank in np.argsort(order)]


def _check(fields: Sequence[LabelledField]) -> None:
    nuclei = sum(len(field.centres) for field in fields)
    if len(fields) < _LEAST_FIELDS or nuclei < _LEAST_NUCLEI:
        raise DataError(
            f"a detector was to be trained on {counted(len(fields), 'field')} with {nuclei:,} nuclei; expected "
            f"{_LEAST_FIELDS} fields and {_LEAST_NUCLEI} nuclei or more: label more fields"
        )
