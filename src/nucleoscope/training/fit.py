"""Fit a classifier to crops: the loop over epochs and batches."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.config import Training
from nucleoscope.runtime import keep_freed_memory, mixed_precision, seed_everything
from nucleoscope.training.averaging import averaged
from nucleoscope.training.checkpoint import load_checkpoint, save_checkpoint
from nucleoscope.training.examples import Learnable, Learner
from nucleoscope.training.freezing import set_training_mode
from nucleoscope.training.history import Epoch
from nucleoscope.training.optimizer import build_optimizer, set_rate
from nucleoscope.training.recipe import Recipe


class DivergedError(RuntimeError):
    """The loss is no longer a finite number: the fit cannot go on with these settings."""


@dataclass(frozen=True)
class Progress:
    """Where a fit is: `step` of `steps` (both over the whole fit) in `epoch` (from 1) of `epochs`."""

    epoch: int
    epochs: int
    step: int
    steps: int


@dataclass(frozen=True)
class Watch:
    """What a caller wants to hear and keep of a fit.

    Attributes:
        on_step: called after every step.
        on_epoch: called after every epoch with its record and the logits (M, C) of the watched crops.
        checkpoint: file that is rewritten after every epoch, and gone on from if it exists.
    """

    on_step: Callable[[Progress], None] | None = None
    on_epoch: Callable[[Epoch, Tensor], None] | None = None
    checkpoint: Path | None = None


def fit(
    model: Learner,
    train: Learnable,
    watched: Learnable,
    settings: Training,
    *,
    seed: int,
    device: torch.device,
    keep: int | None = None,
    last_views: int = 1,
    watch: Watch | None = None,
    recipe: type[Recipe] = Recipe,
) -> list[Epoch]:
    """Train `model` in place, leave the running average of its weights in it, and return what each epoch brought.

    The watched crops are measured after every epoch and influence nothing. The same seed on the same machine
    gives the same weights, also when the fit was stopped and went on from its checkpoint.

    Args:
        model: is moved to `device` and left there in evaluation mode.
        train: crops to learn from, or their embeddings.
        watched: crops to measure on, or their embeddings.
        settings: how.
        seed: of order, augmentation and dropout; not of the model's initial weights.
        device: where to compute.
        keep: stop after this epoch of the schedule; None runs all.
        last_views: views of each watched crop (see `prediction.views`) that are measured after the last epoch.
        watch: callbacks and checkpoint.
        recipe: order, changes and loss.

    Raises:
        DivergedError: the loss became NaN or infinite.
    """
    one = _Fit(model, recipe(train, settings, device), watched, settings, seed, device, watch or Watch())
    return one.run(keep or settings.epochs, last_views)


class _Fit:
    """One fit under way."""

    def __init__(
        self,
        model: Learner,
        recipe: Recipe,
        watched: Learnable,
        settings: Training,
        seed: int,
        device: torch.device,
        watch: Watch,
    ) -> None:
        keep_freed_memory()
        self.model = model.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.train, self.watched, self.settings = recipe, recipe.train, watched, settings
        self.seed, self.device, self.watch = seed, device, watch
        set_training_mode(self.model, settings.frozen)
        self.optimizer = build_optimizer(self.model, settings)
        self.steps = math.ceil(recipe.crops_an_epoch / settings.batch_size)
        self.average = averaged(self.model, self.steps)
        self.rate = 0.0

    def run(self, last: int, last_views: int) -> list[Epoch]:
        """All epochs that are left up to `last`."""
        history: list[Epoch] = []
        if self.watch.checkpoint:
            history = load_checkpoint(self.watch.checkpoint, self.model, self.average, self.optimizer)
        for epoch in range(len(history) + 1, last + 1):
            started = time.perf_counter()
            train_loss, train_accuracy = self.run_epoch(epoch)
            average: Learner = self.average.module  # type: ignore[assignment]  # it is a copy of the model
            views = last_views if epoch == last else 1
            logits = self.watched.logits(average, self.device, views)
            val_loss, val_accuracy = measure(logits, self.watched)
            if not math.isfinite(val_loss):
                raise DivergedError(f"the loss on the watched crops became {val_loss} in epoch {epoch}")
            seconds = time.perf_counter() - started
            history.append(
                Epoch(epoch, train_loss, train_accuracy, val_loss, val_accuracy, self.rate, round(seconds, 3))
            )
            # What listens comes first: stopped in between, the epoch is run again and heard again.
            if self.watch.on_epoch:
                self.watch.on_epoch(history[-1], logits)
            if self.watch.checkpoint:
                save_checkpoint(self.watch.checkpoint, self.model, self.average, self.optimizer, history)
        self.model.load_state_dict(self.average.module.state_dict())
        self.model.eval()
        return history

    def run_epoch(self, epoch: int) -> tuple[float, float]:
        """One pass over the training crops, or a share of each tile; its mean loss and accuracy."""
        # Each epoch has its own randomness, so that a fit goes on after a stop as if it had not been stopped.
        seed_everything(self.seed * 100_003 + epoch)
        generator = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = self.recipe.order(generator)
        # Each step takes its share of the crops: a last batch of one crop would break batch norm.
        losses = torch.zeros((), device=self.device)
        correct = torch.zeros((), device=self.device)
        for step, chosen in enumerate(np.array_split(order, self.steps)):
            done = (epoch - 1) * self.steps + step
            self.rate = set_rate(self.optimizer, self.settings, done / (self.steps * self.settings.epochs))
            loss, hits = self.run_step(chosen, generator)
            losses += loss * len(chosen)
            correct += hits
            if self.watch.on_step:
                self.watch.on_step(Progress(epoch, self.settings.epochs, done + 1, self.steps * self.settings.epochs))
        if not torch.isfinite(losses):
            raise DivergedError(f"the loss became {losses.item()} in epoch {epoch}")
        return losses.item() / len(order), correct.item() / len(order)

    def run_step(self, chosen: NDArray[np.int64], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """One batch, by its positions in the training part: forward, backward, update; mean loss and hits."""
        targets = torch.from_numpy(self.train.labels[self.train.index[chosen]]).to(self.device)
        batch = self.recipe.batch(chosen, generator)
        with mixed_precision(self.device):
            logits = self.model(batch).float()
        loss = self.recipe.loss(logits, targets, chosen)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch has no types for it
        self.optimizer.step()
        self.average.update_parameters(self.model)
        return loss.detach(), (logits.argmax(1) == targets).sum()


def measure(logits: Tensor, examples: Learnable) -> tuple[float, float]:
    """Mean cross-entropy and accuracy of logits (M, C)."""
    targets = torch.from_numpy(examples.targets)
    loss = functional.cross_entropy(logits, targets).item()
    return loss, (logits.argmax(1) == targets).float().mean().item()
