"""One fit: an experiment without some folds, and its logits for their crops, kept on disk."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.concealing import with_unknown_surroundings
from nucleoscope.files import replacing
from nucleoscope.models.specification import Specification
from nucleoscope.models.weights import AUTO
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.views import ALL_VIEWS
from nucleoscope.runtime import default_device, seed_everything, use_threads
from nucleoscope.training.examples import Examples
from nucleoscope.training.fit import fit
from tissue.experiments import EXPERIMENTS, Experiment
from tissue.material import Material, read_material
from tissue.normalising import normalise_by_tile, normalise_each
from tissue.wide import surrounded, widened


@dataclass(frozen=True)
class Fit:
    """What one process does.

    Attributes:
        experiment: its name.
        folds: left out of training: one, or two for choosing.
        seed: of the fit.
        epochs: of the schedule; None takes the experiment's.
        cap: crops of a class of a tile that are trained on, at most, for quick screening; None for all.
        side: pixels that the network sees of a crop's side, for quick screening; None for all.
        data: folder that holds kaggle/.
        out: folder of all results.
    """

    experiment: str
    folds: tuple[int, ...]
    seed: int
    epochs: int | None
    side: int | None
    cap: int | None
    data: Path
    out: Path

    @property
    def file(self) -> Path:
        """Where its logits are kept."""
        folds = "".join(map(str, self.folds))
        length = f"-epochs{self.epochs}" if self.epochs else ""
        length += f"-side{self.side}" if self.side else ""
        length += f"-cap{self.cap}" if self.cap else ""
        return self.out / "logits" / f"{self.experiment}{length}-without{folds}-seed{self.seed}.npz"


def run_fit(task: Fit) -> Path:
    """Train and predict on one thread; nothing is done if the file is there."""
    if task.file.exists():
        return task.file
    use_threads(1)
    experiment = EXPERIMENTS[task.experiment]
    training = experiment.training if task.epochs is None else replace(experiment.training, epochs=task.epochs)
    material = read_material(task.data, task.out)
    images = _shown(material, experiment)
    train, held = material.outside(task.folds, task.cap), material.inside(task.folds)
    classes = len(material.classes)
    seed_everything(task.seed)
    size, around = (images.shape[1], images.shape[2]), experiment.surroundings
    specification = Specification(
        experiment.kind,
        classes,
        size,
        training.width,
        experiment.backbone,
        experiment.surround,
        surroundings=around,
    )
    model, _ = specification.build(AUTO)
    model.input_size = task.side * around if task.side else model.input_size
    history = fit(
        model,
        Examples(images, material.labels, train, classes, around, material.tile),
        Examples(images, material.labels, held[:1], classes, around),  # what is held out is looked at once, at the end
        training,
        seed=task.seed,
        device=default_device(),
        recipe=experiment.recipe,
    )
    views = ALL_VIEWS if len(task.folds) == 1 else 1  # a screening saves the time
    alone = {}
    if around > 1:
        lonely = np.stack([with_unknown_surroundings(material.images[position], size) for position in held])
        alone["alone"] = predict_logits(model, lonely, device=default_device()).numpy()
    with replacing(task.file) as temporary:
        np.savez(
            temporary,
            held=held,
            one=predict_logits(model, images, held, device=default_device()).numpy(),
            views=predict_logits(model, images, held, device=default_device(), views=views).numpy(),
            **alone,
            train_accuracy=history[-1].train_accuracy,
            seconds=sum(epoch.seconds for epoch in history),
        )
    return task.file


def _shown(material: Material, experiment: Experiment) -> NDArray[np.uint8]:
    """The crops (N, H, W, 3) as the experiment's network sees them."""
    if experiment.surroundings > 1:
        return surrounded(material, experiment.surroundings)
    if experiment.wide > 1:
        return widened(material, experiment.wide)
    if experiment.normalise == "tile":
        return normalise_by_tile(material.images, material.tile)
    if experiment.normalise == "grey":
        return np.repeat(material.images.mean(axis=3, keepdims=True).round().astype(np.uint8), 3, axis=3)
    return normalise_each(material.images) if experiment.normalise == "crop" else material.images
