"""What a run cost, what it was made with, and the command that repeats it."""

import dataclasses
import shlex
from pathlib import Path
from typing import Any

from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.report.material import Material, Section
from nucleoscope.report.results import RunResults

_ONLY_FROM_PYTHON = ("select_fraction",)


def repeating(material: Material) -> Section:
    """Time and memory of each stage, versions, command."""
    first = material.runs[0]
    content = {
        "costs": [_cost(part) for run in material.runs for part in run.parts],
        "versions": first.record.get("versions", {}),
        "fingerprint": first.record["fingerprint"],
        "command": repeat_command(material.runs),
        "beside": [f"{name} {value}" for name, value in _changed(first.settings) if name in _ONLY_FROM_PYTHON],
    }
    return Section("repeating", "Time, memory, versions", content)


def _cost(run: RunResults) -> dict[str, Any]:
    memory = run.record.get("memory", {})
    stages = [
        {"name": name.replace(".", ", "), "seconds": seconds, "memory": memory.get(name)}
        for name, seconds in run.record["stages"].items()
    ]
    return {"title": run.name or "run", "stages": stages, "total": sum(stage["seconds"] for stage in stages)}


def repeat_command(runs: tuple[RunResults, ...]) -> str:
    """The command line that makes the same run again, with the data named as in its folder but without its path."""
    run = runs[0].parts[0]
    words = ["nucleoscope", "run", _named(run.record["source"]), "--out", "NEW"]
    if run.record["test"] is not None:
        words += ["--test", _named(run.record["test"])]
    words += ["--split", "both" if len(runs) > 1 else str(run.protocol)]
    if runs[0].folds:
        assert run.settings.fold is not None  # it is a fold
        words += ["--folds", str(run.settings.fold[1])]
    for name, value in _changed(run.settings):
        if name in _ONLY_FROM_PYTHON:
            continue
        words += [f"--{name.replace('_', '-')}", *_words(value)]
    return shlex.join(words)


def changed_settings(settings: RunSettings) -> dict[str, Any]:
    """The settings that are not at their defaults, but for the split and the fold."""
    return dict(_changed(settings))


def _changed(settings: RunSettings) -> list[tuple[str, Any]]:
    return [
        (field.name, getattr(settings, field.name))
        for field in dataclasses.fields(settings)
        if field.name not in ("split", "fold") and getattr(settings, field.name) != field.default
    ]


def _words(value: object) -> list[str]:
    """An option's value as the command line takes it; a flag has none."""
    if value is True:
        return []
    if isinstance(value, tuple):
        return [",".join(map(str, value))]
    return [_named(value) if isinstance(value, str) else str(value)]


def _named(source: str) -> str:
    """The last part of a path: where it lies is nobody else's business, and differs on another machine."""
    return Path(source).name if Path(source).is_absolute() else source
