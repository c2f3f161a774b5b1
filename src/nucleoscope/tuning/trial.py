"""One trial: a fit on the `fit` part, measured on the `select` part after every epoch."""

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.config import Training
from nucleoscope.files import replacing
from nucleoscope.models.specification import Specification
from nucleoscope.runtime import default_device, seed_everything, use_threads
from nucleoscope.training.embedded import Embeddings
from nucleoscope.training.examples import Examples, Learnable, Learner
from nucleoscope.training.fit import Watch, fit
from nucleoscope.training.history import Epoch
from nucleoscope.tuning.journal import Journal, Status, read_journal


@dataclass(frozen=True)
class Plan:
    """What all trials of a search share, the crops excepted.

    Attributes:
        specification: the architecture, before a trial changes its width.
        defaults: settings that a trial changes some of.
        weights: source of the pretrained weights.
        labels: (N,) of all crops.
        fit_index: positions of the crops to learn from.
        select_index: positions of the crops to measure on.
        seed: of initialisation, order and augmentation, the same for all trials.
        folder: where journals, checkpoints and logits are kept.
        embeddings: of all crops, where only a head is trained; None for a whole network.
        views: of each `select` crop, see `prediction.views`, after the last epoch of a trial.
        tile: (N,) of all crops, where it is known.
    """

    specification: Specification
    defaults: Training
    weights: str
    labels: NDArray[np.int64]
    fit_index: NDArray[np.int64]
    select_index: NDArray[np.int64]
    seed: int
    folder: Path
    embeddings: Embeddings | None = None
    views: int = 1
    tile: NDArray[np.int64] | None = None

    def settings(self, parameters: dict[str, Any]) -> Training:
        """The defaults with what a trial changes."""
        return dataclasses.replace(self.defaults, **parameters)

    def logits_file(self, trial: str) -> Path:
        """Where the logits (E, M, C) of the `select` crops after every epoch are kept."""
        return self.folder / f"{trial}.npy"

    def journal_file(self, trial: str) -> Path:
        """Where its journal is."""
        return self.folder / f"{trial}.json"


def run_trial(parameters: dict[str, Any], images: NDArray[np.uint8], plan: Plan, trial: str, watch: Watch) -> None:
    """Fit one configuration; goes on where it was if it was stopped.

    Args:
        parameters: what is changed of the plan's default settings.
        images: (N, H, W, 3) uint8, all crops.
        plan: what all trials share.
        trial: name of the trial, and of its files in the plan's folder.
        watch: callbacks; `checkpoint` is set here.

    Raises:
        DivergedError: the loss became NaN or infinite; the journal says so too.
    """
    settings = plan.settings(parameters)
    records = _Records(plan, trial, parameters)

    def on_epoch(epoch: Epoch, logits: Tensor) -> None:
        records.keep(epoch, logits.numpy(), Status.FINISHED if epoch.epoch == settings.epochs else Status.RUNNING)
        if watch.on_epoch:
            watch.on_epoch(epoch, logits)

    seed_everything(plan.seed)
    model, train, select = _begin(images, plan, settings)
    own_watch = dataclasses.replace(watch, on_epoch=on_epoch, checkpoint=plan.folder / f"{trial}.pt")
    try:
        history = fit(
            model,
            train,
            select,
            settings,
            seed=plan.seed,
            device=default_device(),
            last_views=plan.views,
            watch=own_watch,
        )
    except Exception as failure:
        records.journal.write(Status.FAILED, f"{type(failure).__name__}: {failure}".splitlines()[0])
        raise
    records.journal.history[:] = history
    records.journal.write(Status.FINISHED)  # also when the fit had ended before a stop


def _begin(images: NDArray[np.uint8], plan: Plan, settings: Training) -> tuple[Learner, Learnable, Learnable]:
    """A fresh model, and what it learns from and is measured on."""
    parts, classes = (plan.fit_index, plan.select_index), plan.specification.n_classes
    if plan.embeddings is not None:
        fit_part, select_part = (plan.embeddings.examples(plan.labels, index, classes, plan.tile) for index in parts)
        return fit_part.fresh_model(plan.specification.hidden), fit_part, select_part
    model, _ = dataclasses.replace(plan.specification, width=settings.width).build(plan.weights)
    surroundings = plan.specification.surroundings
    train, select = (Examples(images, plan.labels, index, classes, surroundings, plan.tile) for index in parts)
    return model, train, select


class _Records:
    """Journal and logits of a trial, epoch by epoch; an epoch that is run again takes the place of the old one."""

    def __init__(self, plan: Plan, trial: str, parameters: dict[str, Any]) -> None:
        self.journal = Journal.open(plan.journal_file(trial), parameters)
        self.file = plan.logits_file(trial)
        self.logits = list(np.load(self.file)) if self.file.exists() else []
        self.journal.write(Status.RUNNING)

    def keep(self, epoch: Epoch, logits: NDArray[np.float32], status: Status) -> None:
        """Write down what an epoch brought."""
        self.logits[epoch.epoch - 1 :] = [logits]
        with replacing(self.file) as temporary:
            np.save(temporary, np.stack(self.logits))  # (E, M, C)
        self.journal.history[epoch.epoch - 1 :] = [epoch]
        self.journal.write(status)


def train_in_ray(parameters: dict[str, Any], images: NDArray[np.uint8], plan: Plan) -> None:
    """A trial as Ray Tune runs it, in a process of its own with one thread; reports after every epoch.

    A search that was killed starts trials again that Ray did not know to be done. What the journal holds of
    them, and of a finished trial with the same parameters, is reported from there instead of fitted again.
    """
    from ray import tune  # heavy

    def report(epoch: Epoch, logits: Tensor | None = None) -> None:
        tune.report({"epoch": epoch.epoch, "select_accuracy": epoch.val_accuracy, "select_loss": epoch.val_loss})

    use_threads(1)
    trial = str(tune.get_context().get_trial_id())
    twin = finished_twin(plan, parameters)
    if twin:
        _take_over(plan, twin, trial)
    for epoch in Journal.open(plan.journal_file(trial), parameters).history:
        report(epoch)
    if not twin:
        run_trial(parameters, images, plan, trial, Watch(on_epoch=report))


def finished_twin(plan: Plan, parameters: dict[str, Any]) -> str | None:
    """A finished trial of this search with the same parameters, which with the same seed has the same result."""
    for known in read_journal(plan.folder):
        if known.status is Status.FINISHED and known.parameters == parameters:
            return known.trial
    return None


def _take_over(plan: Plan, twin: str, trial: str) -> None:
    """Copy the files of a finished trial to another one, the journal last."""
    for file in (plan.logits_file, plan.journal_file):
        if twin != trial:
            with replacing(file(trial)) as temporary:
                shutil.copyfile(file(twin), temporary)
