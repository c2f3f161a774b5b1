"""The whole job, stage by stage; each can be stopped at any moment and goes on where it was."""

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

from nucleoscope.data.crops import MAX_SIZE
from nucleoscope.data.reading import DEMO
from nucleoscope.data.splits.table import read_split, write_split
from nucleoscope.errors import RunFolderError
from nucleoscope.models.head import embedding_width, has_embedding
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.specification import Kind
from nucleoscope.models.timm_network import TimmNetwork, find_network, is_timm
from nucleoscope.models.timm_weights import resolve_timm_source
from nucleoscope.models.weights import AUTO, OFFLINE, resolve_source
from nucleoscope.pipeline.audit import Audit, audit_record, make_splits, write_audit
from nucleoscope.pipeline.engines import build_model_engines
from nucleoscope.pipeline.evaluate import evaluate_model
from nucleoscope.pipeline.explain import explain_model
from nucleoscope.pipeline.folder import ModelFolder, RunFolder
from nucleoscope.pipeline.linked_crops import link_crops
from nucleoscope.pipeline.peak_memory import begin_peak, peak_mebibytes
from nucleoscope.pipeline.predict import predict_test
from nucleoscope.pipeline.prepare import Prepared, read_crops, split_crops
from nucleoscope.pipeline.remedy import compare_balance
from nucleoscope.pipeline.reporter import Reporter, Silent
from nucleoscope.pipeline.select import select_settings
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.pipeline.summary import summarise
from nucleoscope.pipeline.surroundings import places_of, read_places, resolve_surroundings, shown_to
from nucleoscope.pipeline.train import train_model
from nucleoscope.pipeline.versions import versions

Stage = Callable[[Prepared, Kind, ModelFolder, Reporter], object]

STAGES: dict[str, Stage] = {
    "tune": select_settings,
    "train": train_model,
    "engines": build_model_engines,
    "compare": compare_balance,
    "evaluate": evaluate_model,
    "explain": explain_model,
    "predict": predict_test,
}

_NEEDS = {
    "train": "tune",
    "engines": "train",
    "compare": "train",
    "evaluate": "train",
    "explain": "evaluate",
    "predict": "train",
}
_BUILT_ON = {
    "tune": ("train", "engines", "compare", "evaluate", "explain", "predict"),
    "train": ("engines", "evaluate", "explain", "predict"),
    "compare": ("evaluate",),
}


def run(
    source: str | Path,
    out: str | Path,
    settings: RunSettings | None = None,
    *,
    test: Path | None = None,
    resume: bool = False,
    reporter: Reporter | None = None,
) -> RunFolder:
    """Do everything: read, audit, split, tune, train, evaluate, explain and predict, for each model.

    Args:
        source: labelled crops, see `data.reading.read_dataset`; the word "demo" is synthetic tissue.
        out: the run folder, new or empty.
        settings: of the run.
        test: the test set, where it does not lie with the data.
        resume: go on with a run that was stopped.
        reporter: is told what happens.

    Returns:
        The run folder, complete.

    Raises:
        NucleoscopeError: the data, a setting or the folder cannot be used.
    """
    settings, reporter = settings or RunSettings(), reporter or Silent()
    source = source if source == DEMO else Path(source)
    folder = RunFolder(Path(out))
    if resume and folder.exists():
        _check_same(folder, source, test, settings)
        prepared = load_prepared(folder, reporter)
    else:
        _check_empty(folder)
        prepared = _begin(folder, source, test, settings, reporter)
    for kind in prepared.settings.models:
        left = [stage for stage in wanted_stages(prepared) if not folder.done(f"{kind}.{stage}")]
        shown = shown_to(kind, prepared, reporter) if left else prepared
        for stage in left:
            run_stage(stage, shown, kind, folder, reporter)
    if settings.fold is None:
        summarise(prepared, folder, reporter)
    return folder


def wanted_stages(prepared: Prepared) -> list[str]:
    """The stages of a run with these data and settings, in their order."""
    unwanted = set()
    if prepared.dataset.test is None:
        unwanted.add("predict")
    if not prepared.settings.compare_balance:
        unwanted.add("compare")
    if prepared.settings.fold:
        unwanted |= {"engines", "compare", "explain", "predict"}  # folds measure; the models are there for nothing else
    return [name for name in STAGES if name not in unwanted]


def run_stage(
    stage: str, prepared: Prepared, kind: Kind, folder: RunFolder, reporter: Reporter, *, again: bool = False
) -> None:
    """Run one stage of one model, unless it was done.

    Args:
        stage: its name in `STAGES`.
        prepared: what the model is shown, and the split.
        kind: the model.
        folder: of the run.
        reporter: is told what happens.
        again: run it from its beginning even if it was done; what is built on it then counts as not done.
    """
    name = f"{kind}.{stage}"
    if folder.done(name) and not again:
        return
    needed = _NEEDS.get(stage)
    if needed and not folder.done(f"{kind}.{needed}"):
        raise RunFolderError(
            f'the run in "{folder.path}" has no finished "{needed}" of {kind}; run `nucleoscope {needed}` first'
        )
    if again:
        folder.model(kind).begin_again(stage)
    outdated = [later for later in _BUILT_ON.get(stage, ()) if folder.done(f"{kind}.{later}")]
    folder.forget([name, *(f"{kind}.{later}" for later in outdated)])
    with folder.timed(name):
        STAGES[stage](prepared, kind, folder.model(kind), reporter)
    if outdated:
        reporter.say(f"{kind}: out of date after this: {', '.join(outdated)}; run them again")


def load_prepared(folder: RunFolder, reporter: Reporter) -> Prepared:
    """The crops and the split of a run that exists.

    Raises:
        RunFolderError: the data changed since the run began.
    """
    record = folder.read()
    settings = RunSettings.from_mapping(record["settings"], str(folder.path / "run.json"))
    test = None if record["test"] is None else Path(record["test"])
    dataset = read_crops(record["source"], test, settings, folder.cache, reporter)
    if dataset.crops.fingerprint != record["fingerprint"]:
        raise RunFolderError(
            f'the crops in "{record["source"]}" changed since the run in "{folder.path}" began; '
            "start again with another --out"
        )
    assert settings.split is not None  # it is resolved before the record is written
    split = read_split(folder.split, dataset.crops.names, settings.split)
    places = read_places(folder.tiles, dataset) if settings.surroundings not in (None, 1) else None
    network = record.get("network")
    found = None if network is None else TimmNetwork.from_mapping(network, str(folder.path / "run.json"))
    return Prepared(dataset, split, settings, record["weights"], folder.cache, found, places, source=record["source"])


def _begin(
    folder: RunFolder, source: str | Path, test: Path | None, settings: RunSettings, reporter: Reporter
) -> Prepared:
    """Read, audit and split; the folder is made when all of that went well."""
    started, measures = time.perf_counter(), begin_peak()
    weights, network, embeds = _weights(settings)
    dataset = read_crops(source, test, settings, folder.cache, reporter)
    linked = link_crops(dataset, reporter, settings.tolerance)
    split = split_crops(dataset, linked.labelled, settings, reporter)
    audit = Audit(linked, audit_record(linked, make_splits(linked, settings, split), reporter))
    times = resolve_surroundings(settings, split.protocol, linked, reporter, embeds=embeds)
    resolved = dataclasses.replace(settings, split=split.protocol, surroundings=times)
    places = places_of(linked.overlaps) if times > 1 else None
    prepared = Prepared(dataset, split, resolved, weights, folder.cache, network, places, source=source)
    record = {
        "source": _absolute(source),
        "test": None if test is None else _absolute(test),
        "settings": prepared.settings.to_mapping(),
        "weights": weights,
        **({} if network is None else {"network": network.to_mapping()}),
        "fingerprint": dataset.crops.fingerprint,
        "versions": versions(),
        "stages": {"prepare": round(time.perf_counter() - started, 2)},
        "memory": {"prepare": peak_mebibytes()} if measures else {},
    }
    write_split(folder.split, split, dataset.crops.names)
    write_audit(folder, audit)
    folder.write(record)
    return prepared


def _absolute(source: str | Path) -> str:
    """The source as a later process finds it; "demo" is no path."""
    return source if isinstance(source, str) else str(source.resolve())


def _check_empty(folder: RunFolder) -> None:
    if folder.exists():
        raise RunFolderError(
            f'"{folder.path}" already holds a run; expected a new folder: choose another --out, '
            "or go on with that run with --resume"
        )
    # A stop while a run begins leaves these, and they are written again.
    begun = {folder.audit, folder.split, folder.tiles}
    if folder.path.exists() and (not folder.path.is_dir() or set(folder.path.iterdir()) - begun):
        raise RunFolderError(
            f'"{folder.path}" exists and is not an empty folder; expected a new one: choose another --out'
        )


def _check_same(folder: RunFolder, source: str | Path, test: Path | None, settings: RunSettings) -> None:
    """Refuse to go on with other data or settings than the run began with."""
    record = folder.read()
    asked = {"source": _absolute(source), "test": None if test is None else _absolute(test)}
    asked |= settings.to_mapping()
    begun = {"source": record["source"], "test": record["test"], **record["settings"]}
    for name in ("split", "surroundings"):
        if asked[name] is None:
            asked[name] = begun.get(name)
    differing = [name for name in begun if _plain(asked.get(name)) != _plain(begun[name])]
    if differing:
        name = differing[0]
        raise RunFolderError(
            f'the run in "{folder.path}" was begun with {name} {begun[name]}, not {asked.get(name)}; '
            "resume with the same command, or choose another --out"
        )


def _plain(value: object) -> object:
    """Tuples as the lists that JSON makes of them."""
    return list(value) if isinstance(value, tuple) else value


def _weights(settings: RunSettings) -> tuple[str, TimmNetwork | None, bool]:
    """The source of the pretrained weights, resolved and tried, what builds a backbone of timm, and whether it embeds.

    Fail now rather than after the first model.
    """
    if Kind.MODEL2 not in settings.models:
        return settings.weights, None, False
    network, embeds = None, True
    if is_timm(settings.backbone):
        found = find_network(settings.backbone)
        network, source = found.network, resolve_timm_source(found, settings.backbone, settings.weights)
    else:
        source = resolve_source(settings.backbone, settings.weights)
        model, _ = build_pretrained(settings.backbone, 2, (MAX_SIZE, MAX_SIZE), source)
        embeds = has_embedding(model.head)
        if settings.frozen or settings.hidden or (settings.surroundings or 1) > 1:
            embedding_width(model.head, settings.backbone)
    return source if source in (AUTO, OFFLINE) else str(Path(source).resolve()), network, embeds
