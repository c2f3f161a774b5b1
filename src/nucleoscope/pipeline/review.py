"""The label review of one model: which labels are likely wrong, as models see it that were not trained on them."""

import dataclasses
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.evaluation.label_review import check_installed
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.choice import Choice, read_choice
from nucleoscope.pipeline.folder import RUNS, ModelFolder, RunFolder
from nucleoscope.pipeline.out_of_fold import (
    Folding,
    check_known_classes,
    make_splits_to_judge,
    out_of_fold_probabilities,
)
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.review_files import LIMIT, Review, check_not_edited, write_review
from nucleoscope.pipeline.run import load_prepared
from nucleoscope.pipeline.surroundings import shown_to
from nucleoscope.prediction.table import read_predictions


def review_labels(
    prepared: Prepared,
    kind: Kind,
    folder: ModelFolder,
    folding: Folding,
    reporter: Reporter,
    *,
    out: Path | None = None,
    limit: int = LIMIT,
) -> Review:
    """Find labels that are likely wrong among all labelled crops; write `labels.csv`, sheets and `review.json`.

    Args:
        prepared: crops and settings.
        kind: the model whose settings are used.
        folder: of the model.
        folding: how the crops are dealt out to models that judge them.
        reporter: is told what happens.
        out: folder to write into; None takes `review/` in the model's folder.
        limit: how many suspects to write at most.

    Raises:
        NucleoscopeError: cleanlab is missing, no settings were chosen yet, or `labels.csv` there was edited.
    """
    out = folder.review if out is None else out
    _check(out, limit)
    choice = read_choice(folder.selection)
    if folding.protocol is Protocol.RANDOM:
        # What lies around a crop would show the model others of its tile that it has learnt by heart, and the more
        # crops of a tile a model knows, the better it judges the rest of them.
        shown, every = prepared, dataclasses.replace(choice.settings, tile_cap=0)
        choice = dataclasses.replace(choice, settings=every)
    else:
        shown = shown_to(kind, prepared, reporter)
    probabilities = out_of_fold_probabilities(shown, kind, choice, folding, folder.review / "folds", reporter)
    judges = f"{kind} ({shown.specification(kind, choice.settings.width).architecture})"
    labels = prepared.dataset.crops.targets()
    review = Review.of(folding, judges, fits_record(choice), probabilities, labels, limit)
    write_review(out, prepared, kind, review, reporter)
    return review


def fits_record(choice: Choice) -> dict[str, object]:
    """What `review.json` says about the fits of a review."""
    return {"settings": choice.settings.to_mapping(), "epochs": choice.keep, "temperature": choice.temperature}


def review_cross_validation(
    folder: RunFolder, kind: Kind, reporter: Reporter, *, out: Path | None = None, limit: int = LIMIT
) -> Review:
    """The same for a run with `--folds`, whose pooled predictions are what is needed: nothing is fitted.

    Args:
        folder: of the cross-validation.
        kind: the model.
        reporter: is told what happens.
        out: folder to write into; None takes `review/` in the model's folder.
        limit: how many suspects to write at most.

    Raises:
        NucleoscopeError: cleanlab is missing, the cross-validation is not finished, or `labels.csv` was edited.
    """
    model = folder.model(kind)
    out = model.review if out is None else out
    _check(out, limit)
    if not model.metrics.is_file():
        raise RunFolderError(
            f'"{folder.path}" has no pooled predictions of {kind}; finish the cross-validation with --resume, or take '
            "another --model"
        )
    runs = json.loads((folder.path / RUNS).read_text(encoding="utf-8"))["runs"]
    prepared = load_prepared(RunFolder(folder.path / runs[0]), reporter)
    folding = Folding(prepared.protocol, len(runs))
    check_known_classes(prepared, make_splits_to_judge(prepared, folding))
    probabilities = _pooled(model, prepared)
    labels = prepared.dataset.crops.targets()
    review = Review.of(folding, f"{kind}, {len(runs)} folds pooled", {"runs": runs}, probabilities, labels, limit)
    write_review(out, prepared, kind, review, reporter)
    return review


def _pooled(model: ModelFolder, prepared: Prepared) -> NDArray[np.float64]:
    """The pooled predictions (N, C) in the order of the crops."""
    found = read_predictions(model.predictions)
    position = {name: i for i, name in enumerate(found.names)}
    probabilities = found.probabilities[[position[name] for name in prepared.dataset.crops.names]]
    pooled: NDArray[np.float64] = probabilities / probabilities.sum(axis=1, keepdims=True)  # they were rounded
    return pooled


def _check(out: Path, limit: int) -> None:
    """Fail before anything is fitted."""
    check_installed()
    if limit < 1:
        raise ConfigError(f"limit is {limit}; expected 1 or more")
    check_not_edited(out)
