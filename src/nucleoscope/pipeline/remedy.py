"""What was done about the confusions, and what it changed: class weights and logit adjustment.

Both tables are measured on the validation crops, but nothing is chosen by them: the strength of the adjustment
is fitted on the `select` share, and whether either is used is the user's option.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.evaluation.remedies import outcome
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.choice import read_choice
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import views
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.train import fit_final
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.runtime import default_device

SQUARE_ROOT = 0.5  # power of the class weights that are compared with none


def compare_balance(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> None:
    """Fit once more, without class weights if the model has them and with them if not, and write what it gets right."""
    choice = read_choice(folder.selection)
    other = 0.0 if choice.settings.class_balance else SQUARE_ROOT
    settings = dataclasses.replace(choice.settings, class_balance=other)
    with reporter.bar(f"{kind}: the same fit with{'' if other else 'out'} class weights") as bar:
        model = fit_final(prepared, kind, settings, choice.keep, folder.checkpoint, bar).model
    val = prepared.examples("val")
    each = views(prepared.settings)
    logits = predict_logits(model, val.images, val.index, device=default_device(), views=each).numpy()
    write_json(folder.other_balance, outcome(logits, val.targets, prepared.classes).to_mapping())
    folder.checkpoint.unlink()


def remedy_record(prepared: Prepared, folder: ModelFolder, logits: NDArray[np.float32]) -> dict[str, Any]:
    """The entry `remedy` of `metrics.json`: recall before and after each remedy.

    Args:
        prepared: crops and split.
        folder: of the model.
        logits: (M, C) of the validation crops, without adjustment.
    """
    choice = read_choice(folder.selection)
    labels = prepared.examples("val").targets
    plain = outcome(logits, labels, prepared.classes).to_mapping()
    adjusted = outcome(logits + np.asarray(choice.adjustment), labels, prepared.classes).to_mapping()
    weighted = choice.settings.class_balance > 0
    other = _read(folder.other_balance)
    return {
        "class_weights": {
            "power": choice.settings.class_balance or SQUARE_ROOT,
            "applied": weighted,
            "before": other if weighted else plain,
            "after": plain if weighted else other,
        },
        "logit_adjustment": {
            "strength": choice.adjustment_strength,
            "fitted_on": "select",
            "applied": prepared.settings.adjust,
            "before": plain,
            "after": adjusted,
        },
    }


def _read(path: Path) -> Any:
    """What the other fit got right, or None where it was not asked for."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
