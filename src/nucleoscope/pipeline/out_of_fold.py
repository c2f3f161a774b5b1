"""Out-of-fold probabilities: every labelled crop is predicted by a model that was not trained on it."""

import dataclasses
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol, Split
from nucleoscope.data.splits.folds import make_folds
from nucleoscope.errors import ConfigError, DataError, RunFolderError
from nucleoscope.files import replacing, write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.choice import Choice
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import copies, views
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.train import bundle_config, fit_final
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.runtime import default_device

_PLAN = "plan.json"


@dataclass(frozen=True)
class Folding:
    """How the crops are dealt out.

    Attributes:
        protocol: whether crops of a tile may be on both sides. `random` makes the sharper models, which is what
            finding label errors wants: no crop is judged by a model that saw its own label. What these models get
            right is no estimate of accuracy on new tissue.
        folds: how many models are fitted.
    """

    protocol: Protocol = Protocol.RANDOM
    folds: int = 4

    def __post_init__(self) -> None:
        """Check the number of folds.

        Raises:
            ConfigError: it is below two.
        """
        if self.folds < 2:
            raise ConfigError(f"folds is {self.folds}; expected 2 or more, such as 4")


def out_of_fold_probabilities(
    prepared: Prepared, kind: Kind, choice: Choice, folding: Folding, state: Path, reporter: Reporter
) -> NDArray[np.float64]:
    """Fit a model for each fold with the settings that were chosen, and predict what it was not trained on.

    Stopped at any moment, the same call goes on: with the folds that are not done yet, and in the epoch of the
    fit where it was.

    Args:
        prepared: crops; their split is not looked at.
        kind: the model.
        choice: settings, number of epochs and temperature.
        folding: how the crops are dealt out.
        state: folder of finished folds and of the fit under way; it is left, so that a second call is quick.
        reporter: is told what happens.

    Returns:
        (N, C), of all labelled crops in their order.

    Raises:
        DataError: there are too few crops or tiles for so many folds.
        RunFolderError: the folder holds unfinished folds of another folding.
        NucleoscopeError: a fit diverged.
    """
    splits = make_splits_to_judge(prepared, folding)
    check_known_classes(prepared, splits)
    _open(state, _plan(prepared, choice, folding))
    probabilities = np.empty((len(prepared.dataset.crops), len(prepared.classes)))
    for number, split in enumerate(splits, start=1):
        file, checkpoint = _file(state, number), state / f"checkpoint-{number}.pt"
        if not file.exists():
            fold = dataclasses.replace(prepared, split=split)
            label = f"{kind}: fold {number} of {folding.folds}"
            found = _fit_and_predict(fold, kind, choice, checkpoint, label, reporter)
            with replacing(file) as temporary:
                np.save(temporary, found, allow_pickle=False)
        checkpoint.unlink(missing_ok=True)
        probabilities[split.val] = np.load(file, allow_pickle=False)
    return probabilities


def make_splits_to_judge(prepared: Prepared, folding: Folding) -> tuple[Split, ...]:
    """A split for each fold, of which val is judged; its fit and select parts are both trained on."""
    return make_folds(
        prepared.dataset.crops.targets(),
        folding.protocol,
        classes=prepared.classes,
        folds=folding.folds,
        select_fraction=prepared.settings.select_fraction,
        seed=prepared.settings.seed,
        tile=prepared.split.tile,
    )


def check_known_classes(prepared: Prepared, splits: tuple[Split, ...]) -> None:
    """Check that every model was trained on every class.

    Raises:
        DataError: a class is in one fold only.
    """
    labels, classes = prepared.dataset.crops.targets(), prepared.classes
    for split in splits:
        absent = np.flatnonzero(np.bincount(labels[split.train], minlength=len(classes)) == 0)
        if len(absent):
            raise DataError(
                f'all crops of class "{classes[absent[0]]}" are in one fold, so the model that judges them would not '
                "know their class; expected every class in two folds or more: review with --split random"
            )


def _fit_and_predict(
    prepared: Prepared, kind: Kind, choice: Choice, checkpoint: Path, label: str, reporter: Reporter
) -> NDArray[np.float64]:
    """Probabilities (M, C) of the validation part of one fold."""
    with reporter.bar(label) as bar:
        fitted = fit_final(prepared, kind, choice.settings, choice.keep, checkpoint, bar)
    held_out = prepared.examples("val")
    config = bundle_config(prepared, kind, choice, fitted)
    logits = predict_logits(
        fitted.model, held_out.images, held_out.index, device=default_device(), views=config.views
    ).numpy()
    return to_probabilities(logits, config)


def _plan(prepared: Prepared, choice: Choice, folding: Folding) -> dict[str, Any]:
    """Everything that the probabilities depend on."""
    return {
        "split": folding.protocol,
        "folds": folding.folds,
        "seed": prepared.settings.seed,
        "fingerprint": prepared.fingerprint,
        "weights": prepared.weights,
        "backbone": prepared.settings.backbone,
        "frozen": prepared.settings.frozen,
        "hidden": prepared.settings.hidden,
        "copies": copies(prepared.settings),
        "adjustment": choice.adjustment if prepared.settings.adjust else None,
        "temperature": choice.temperature,
        "views": views(prepared.settings),
        "epochs": choice.keep,
        "settings": choice.settings.to_mapping(),
    }


def _open(state: Path, plan: dict[str, Any]) -> None:
    """Make the folder, or go on with one of the same plan; one of other settings is begun again."""
    path = state / _PLAN
    plan = json.loads(json.dumps(plan))  # as it is read back
    if path.exists():
        begun = json.loads(path.read_text(encoding="utf-8"))
        if begun == plan:
            return
        _check_not_under_way(state, begun, plan)
        _remove(state)
    write_json(path, plan)


def _remove(state: Path) -> None:
    """Remove a folder; a stop half way leaves none, or all of it."""
    rubbish = state.with_name(f".{state.name}-removed")
    shutil.rmtree(rubbish, ignore_errors=True)
    state.rename(rubbish)
    shutil.rmtree(rubbish)


def _check_not_under_way(state: Path, begun: dict[str, Any], plan: dict[str, Any]) -> None:
    """Refuse to throw away unfinished work for another number or kind of folds."""
    finished = all(_file(state, number).exists() for number in range(1, begun["folds"] + 1))
    differing = [name for name in ("split", "folds") if begun[name] != plan[name]]
    if differing and not finished:
        name = differing[0]
        raise RunFolderError(
            f'"{state}" holds unfinished folds that were begun with {name} {begun[name]}, not {plan[name]}; '
            "finish them with the same command, or remove that folder"
        )


def _file(state: Path, number: int) -> Path:
    return state / f"fold-{number}.npy"
