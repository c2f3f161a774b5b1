"""`--engine auto`: the fastest engine that agrees with PyTorch, found by measuring, and remembered."""

import dataclasses
import hashlib
import json
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import EngineError
from nucleoscope.files import write_json
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.catalogue import AUTO, TORCH, check_engine, package_versions
from nucleoscope.prediction.engines.opening import open_runner, torch_runner, usable
from nucleoscope.prediction.engines.record import bundle_fingerprint
from nucleoscope.prediction.engines.runner import Runner
from nucleoscope.runtime import threads

SHORT = 2.0
"""Seconds of PyTorch that are not worth loading and measuring other engines."""
_SAMPLE = 128  # crops
_FIRST = 32  # of PyTorch, to know how long it would take
_BUDGET = 0.25  # seconds an engine
_REPEATS = 3


@dataclass(frozen=True)
class _Measured:
    """Crops a second by engine."""

    speeds: dict[str, float]

    @property
    def fastest(self) -> str:
        return max(self.speeds, key=lambda name: self.speeds[name])


def choose_engine(bundle: Bundle, name: str, images: NDArray[np.uint8], count: int | None = None) -> Runner:
    """The engine of this name, ready to compute.

    Args:
        bundle: its engines are in its folder.
        name: of an engine; "auto" takes the fastest that is installed, in the bundle and admitted, and PyTorch for
            so few crops that they are done before another could be loaded, and on a GPU.
        images: the crops (N, H, W, 3) that shall be predicted, or a sample of them; the first ones are measured on.
        count: how many shall be predicted, where `images` are a sample.

    Raises:
        ConfigError: there is no engine of this name.
        EngineError: it cannot be used.
    """
    check_engine(name)
    if name != AUTO:
        return open_runner(bundle, name)
    try:
        names = usable(bundle)
    except EngineError as failure:
        return torch_runner(bundle, note=str(failure))
    if names == [TORCH] or not len(images) or next(bundle.model.parameters()).device.type != "cpu":
        return torch_runner(bundle)
    return _fastest(bundle, names, images, len(images) if count is None else count)


def _fastest(bundle: Bundle, names: list[str], images: NDArray[np.uint8], count: int) -> Runner:
    path = _remembered(bundle)
    known = _recall(path, names)
    plain = known.speeds[TORCH] if known else _speed(torch_runner(bundle), images[:_FIRST])
    if count * bundle.config.views / plain < SHORT:
        return torch_runner(bundle)
    if known:
        return open_runner(bundle, known.fastest)
    runners = {name: open_runner(bundle, name) for name in names if name != TORCH}
    speeds = {name: _speed(runner, images[:_SAMPLE]) for name, runner in runners.items()}
    found = _Measured({**speeds, TORCH: plain})
    note = _remember(path, found)
    return dataclasses.replace(runners.get(found.fastest, torch_runner(bundle)), note=note)


def _speed(runner: Runner, images: NDArray[np.uint8]) -> float:
    """Crops a second, the best of a few tries; the first, in which an engine is compiled, does not count."""
    runner.logits(images)
    best, spent, tries = float("inf"), 0.0, 0
    while tries == 0 or (tries < _REPEATS and spent < _BUDGET):
        started = time.perf_counter()
        runner.logits(images)
        took = time.perf_counter() - started
        best, spent, tries = min(best, took), spent + took, tries + 1
    return len(images) / best


def cache_folder() -> Path:
    """Where what was measured on this machine is remembered."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nucleoscope" / "engines"


def _remembered(bundle: Bundle) -> Path:
    """The file for this machine, bundle, number of threads and these versions."""
    assert bundle.folder is not None  # without one there is PyTorch only
    key = (platform.node(), platform.machine(), threads(), package_versions())
    text = f"{key} {bundle_fingerprint(bundle.folder, bundle.config)}"
    return cache_folder() / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _recall(path: Path, names: list[str]) -> _Measured | None:
    """What was measured before, None if nothing was, or not these engines."""
    if not path.is_file():
        return None
    try:
        speeds = {str(name): float(speed) for name, speed in json.loads(path.read_text(encoding="utf-8")).items()}
    except (ValueError, TypeError, AttributeError):
        return None  # it is measured again, and written over
    return _Measured(speeds) if set(speeds) == set(names) else None


def _remember(path: Path, found: _Measured) -> str | None:
    """Keep what was measured; returns what went wrong, if anything."""
    try:
        write_json(path, found.speeds)
    except OSError as error:
        return f"which engine is fastest cannot be kept in {path.parent} ({error.strerror}); it is measured each time"
    return None
