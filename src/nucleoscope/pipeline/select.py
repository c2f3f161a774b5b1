"""The choice of settings for one model: a search, or one fit of the defaults, judged on the `select` share."""

import dataclasses

import numpy as np
import torch

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import NucleoscopeError
from nucleoscope.evaluation.calibration import fit_temperature
from nucleoscope.evaluation.conformal import fit_threshold
from nucleoscope.evaluation.plots.tuning import plot_tuning
from nucleoscope.evaluation.remedies import fit_adjustment
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.choice import Choice, read_choice
from nucleoscope.pipeline.embeddings import is_frozen, keep_all
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.presets import training_defaults, trials, views
from nucleoscope.pipeline.reporter import Reporter, watch_steps
from nucleoscope.prediction.novelty import fit_novelty_threshold
from nucleoscope.prediction.probabilities import tempered
from nucleoscope.training.fit import DivergedError
from nucleoscope.training.recipe import Recipe
from nucleoscope.tuning.journal import Trial, read_journal, write_tuning
from nucleoscope.tuning.search import search
from nucleoscope.tuning.selection import Selection, choose_epoch, choose_trial, independent_crops
from nucleoscope.tuning.trial import Plan, run_trial

_DEFAULT_TRIAL = "defaults"


def select_settings(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> Choice:
    """Search or try the defaults; write `tuning.csv`, `tuning.png` and `selection.json`."""
    if folder.selection.exists() and not folder.search.exists():
        return read_choice(folder.selection)  # the stage was stopped when all of it was done
    plan = _plan(prepared, kind, folder, reporter)
    _tell_of_cap(prepared, plan, reporter)
    wanted = trials(prepared.settings)
    found = _search(prepared, plan, wanted, reporter) if wanted else _try_defaults(prepared, plan, reporter)
    write_tuning(folder.tuning_csv, found)  # also where no trial can be chosen, so that the reasons can be read
    best = choose_trial(found)
    found = [dataclasses.replace(trial, chosen=trial is best) for trial in found]
    write_tuning(folder.tuning_csv, found)
    plot_tuning(
        folder.tuning_png,
        found,
        metric="accuracy on select",
        title=kind,
        protocol=prepared.protocol,
        crops=len(prepared.split.select),
    )
    choice = _choice(prepared, _selection(prepared, plan, best))
    write_json(folder.selection, choice.to_mapping())
    folder.drop_search()
    reporter.say(
        f"{kind}: chose {_changes(best)}; {choice.select_accuracy:.1%} on the select share "
        f"({prepared.protocol} split, {choice.select_crops:,} crops; it was chosen on these)"
    )
    return choice


def _plan(prepared: Prepared, kind: Kind, folder: ModelFolder, reporter: Reporter) -> Plan:
    defaults = training_defaults(kind, prepared.protocol, prepared.settings, prepared.surroundings)
    specification = prepared.specification(kind, defaults.width)
    embeddings = None
    if is_frozen(prepared, kind):
        model, _ = specification.build(prepared.weights)
        with reporter.bar(f"{kind}: embedding the crops") as bar:
            embeddings = keep_all(prepared, kind, model, bar)
    return Plan(
        specification=specification,
        defaults=defaults,
        weights=prepared.weights,
        labels=prepared.dataset.crops.targets(),
        fit_index=prepared.split.fit,
        select_index=prepared.split.select,
        seed=prepared.settings.seed,
        folder=folder.search.resolve(),  # trials run in folders of their own
        embeddings=embeddings,
        views=views(prepared.settings),
        tile=prepared.split.tile,
    )


def _tell_of_cap(prepared: Prepared, plan: Plan, reporter: Reporter) -> None:
    fitted = prepared.examples("fit")
    taken = Recipe(fitted, plan.defaults, torch.device("cpu")).crops_an_epoch
    if taken < len(fitted):
        reporter.say(
            f"{plan.specification.kind}: an epoch takes {taken:,} of {len(fitted):,} crops, others each time, so that "
            "no large tile is most of what is seen"
        )


def _search(prepared: Prepared, plan: Plan, wanted: int, reporter: Reporter) -> list[Trial]:
    kind = plan.specification.kind
    with reporter.trials(f"{kind}: {wanted} trials", wanted) as listener:
        return search(prepared.dataset.crops.images, plan, wanted, listener)


def _try_defaults(prepared: Prepared, plan: Plan, reporter: Reporter) -> list[Trial]:
    plan.folder.mkdir(parents=True, exist_ok=True)
    try:
        with reporter.bar(f"{plan.specification.kind}: fitting the fit part") as progress:
            run_trial({}, prepared.dataset.crops.images, plan, _DEFAULT_TRIAL, watch_steps(progress))
    except DivergedError as failure:
        raise NucleoscopeError(
            f"{plan.specification.kind} diverged with the default settings ({failure}); "
            "search for others with --trials 8"
        ) from failure
    return read_journal(plan.folder)


def _selection(prepared: Prepared, plan: Plan, trial: Trial) -> Selection:
    select, tile = plan.select_index, prepared.split.tile
    crops = independent_crops(tile[select]) if prepared.protocol is Protocol.TILES and tile is not None else len(select)
    keep = choose_epoch(trial.history, crops)
    logits = np.load(plan.logits_file(trial.trial))[keep - 1]
    return Selection(plan.settings(trial.parameters), keep, trial.history, logits)


def _choice(prepared: Prepared, selection: Selection) -> Choice:
    select = prepared.examples("select")
    fit_counts = np.bincount(prepared.examples("fit").targets, minlength=select.n_classes)
    strength, offsets = fit_adjustment(selection.logits, select.targets, np.maximum(fit_counts, 1))
    logits = selection.logits + (offsets if prepared.settings.adjust else 0.0)
    temperature = fit_temperature(logits, select.targets)
    probabilities = tempered(logits, temperature)
    return Choice(
        settings=selection.settings,
        keep=selection.keep,
        select_crops=len(select),
        select_accuracy=selection.history[selection.keep - 1].val_accuracy,
        temperature=temperature,
        adjustment_strength=strength,
        adjustment=tuple(offsets.tolist()),
        set_threshold=fit_threshold(probabilities, select.targets, prepared.settings.coverage),
        novelty_threshold=fit_novelty_threshold(selection.logits),
    )


def _changes(trial: Trial) -> str:
    if not trial.parameters:
        return "the default settings"
    return ", ".join(f"{name} {value:.3g}" for name, value in trial.parameters.items())
