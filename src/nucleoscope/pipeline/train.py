"""The final fit of one model on the whole training part, and its bundle."""

import dataclasses
from pathlib import Path

from nucleoscope.config import Training
from nucleoscope.errors import NucleoscopeError
from nucleoscope.evaluation.plots.curves import plot_curves
from nucleoscope.evaluation.plots.reading import read_curves
from nucleoscope.models.bundle import Bundle, BundleConfig, save_bundle
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.head import EmbeddingClassifier, replace_head
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.card import model_card
from nucleoscope.pipeline.choice import Choice, read_choice
from nucleoscope.pipeline.embeddings import is_frozen, keep_all
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import views
from nucleoscope.pipeline.reporter import Bar, Reporter, watch_steps
from nucleoscope.pipeline.versions import versions
from nucleoscope.prediction.engines.build import drop_engines
from nucleoscope.runtime import default_device, seed_everything
from nucleoscope.training.embedded import EmbeddedExamples, Embeddings
from nucleoscope.training.examples import Learnable, Learner
from nucleoscope.training.fit import DivergedError, fit
from nucleoscope.training.history import Epoch, write_history


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A model after its fit, where it started from, and what each epoch brought."""

    model: NucleusClassifier
    origin: str
    history: list[Epoch]


def train_model(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Fit on all of the training part; write `history.csv`, `curves.png` and the bundle."""
    choice = read_choice(folder.selection)
    for file in (folder.metrics, folder.other_balance, folder.nucleus):  # they are of other weights
        file.unlink(missing_ok=True)
    drop_engines(folder.bundle)
    with reporter.bar(f"{kind}: final fit") as bar:
        fitted = fit_final(prepared, kind, choice.settings, choice.keep, folder.checkpoint, bar)
    write_history(folder.history, fitted.history)
    config = bundle_config(prepared, kind, choice, fitted)
    save_bundle(folder.bundle, Bundle(fitted.model, config), model_card(config, None))
    plot_curves(
        folder.curves,
        fitted.history,
        title=f"{kind} ({config.specification.architecture})",
        protocol=prepared.protocol,
        crops=len(prepared.split.val),
    )
    folder.checkpoint.unlink()
    reporter.say(f"{kind}: {read_curves(fitted.history)}")


def fit_final(prepared: Prepared, kind: Kind, settings: Training, keep: int, checkpoint: Path, bar: Bar) -> Fitted:
    """Fit with given settings on all of the training part; the validation part is measured, no more.

    Raises:
        NucleoscopeError: the fit diverged.
    """
    seed = prepared.settings.seed
    seed_everything(seed)
    model, origin = prepared.specification(kind, settings.width).build(prepared.weights)
    watch = dataclasses.replace(watch_steps(bar, keep / settings.epochs), checkpoint=checkpoint)
    learner: Learner = model
    train: Learnable = prepared.examples("train")
    val: Learnable = prepared.examples("val")
    if is_frozen(prepared, kind):
        embeddings = keep_all(prepared, kind, model, bar)
        train, val = (_embedded(prepared, embeddings, part) for part in ("train", "val"))
        seed_everything(seed)
        learner = train.fresh_model(prepared.settings.hidden)
        origin += ", frozen: only the head was trained"
    try:
        history = fit(learner, train, val, settings, seed=seed, device=default_device(), keep=keep, watch=watch)
    except DivergedError as failure:
        raise NucleoscopeError(
            f"{kind}: the final fit diverged ({failure}) though its settings did well on the select share; "
            "choose others with another --seed or more --trials"
        ) from failure
    if isinstance(learner, EmbeddingClassifier):
        replace_head(model, learner.head)
    return Fitted(model.eval(), origin, history)


def _embedded(prepared: Prepared, embeddings: Embeddings, part: str) -> EmbeddedExamples:
    crops = prepared.examples(part)
    return embeddings.examples(crops.labels, crops.index, crops.n_classes, crops.tile)


def bundle_config(prepared: Prepared, kind: Kind, choice: Choice, fitted: Fitted) -> BundleConfig:
    """Everything that the bundle says besides the weights."""
    settings = prepared.settings
    crops = prepared.dataset.crops
    return BundleConfig(
        specification=prepared.specification(kind, choice.settings.width),
        classes=crops.classes,
        label_values=prepared.dataset.label_values,
        mean=tuple(fitted.model.mean.flatten().tolist()),
        std=tuple(fitted.model.std.flatten().tolist()),
        mpp=crops.mpp,
        temperature=choice.temperature,
        adjustment=choice.adjustment if settings.adjust else None,
        views=views(settings),
        coverage=settings.coverage,
        set_threshold=choice.set_threshold,
        novelty_threshold=choice.novelty_threshold,
        provenance={
            "protocol": prepared.protocol,
            "training_crops": len(prepared.split.train),
            "data_fingerprint": prepared.fingerprint,
            "seed": settings.seed,
            "initial_weights": fitted.origin,
            "epochs": len(fitted.history),
            "training": choice.settings.to_mapping(),
            "versions": versions(),
        },
    )
