"""Building the engines of a bundle: export, quantise, and measure how well each agrees with PyTorch."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.files import sha256_of
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.catalogue import (
    ENGINES,
    FLOAT_FILE,
    INT8_FILE,
    TORCH,
    EngineKind,
    is_installed,
    package_versions,
)
from nucleoscope.prediction.engines.engine import Engine
from nucleoscope.prediction.engines.export import export_onnx
from nucleoscope.prediction.engines.opening import open_engine, runs_here, torch_runner
from nucleoscope.prediction.engines.parity import Reference, changed_crops, find_margin
from nucleoscope.prediction.engines.quantisation import CALIBRATION_CROPS, quantise
from nucleoscope.prediction.engines.record import (
    FOLDER,
    EngineRecord,
    Parity,
    bundle_fingerprint,
    write_record,
)
from nucleoscope.prediction.engines.runner import Recheck, Runner
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.logits import Progress

_EXPORTS_WITH = ("onnx",)
_QUANTISES_WITH = ("nncf", "onnxruntime")


def can_build() -> bool:
    """Whether an engine and what it is exported with are installed."""
    return _missing(_EXPORTS_WITH) is None and any(is_installed(kind.package) for kind in ENGINES.values())


def drop_engines(bundle: Path) -> None:
    """Remove the engines of a bundle, if it has any."""
    if (bundle / FOLDER).exists():
        shutil.rmtree(bundle / FOLDER)


def build_engines(
    bundle: Bundle,
    images: NDArray[np.uint8],
    index: NDArray[np.int64],
    seed: int,
    progress: Progress | None = None,
) -> EngineRecord:
    """Build every engine whose package is installed, into the bundle's folder.

    An engine that its library cannot build is left out, and the record says why: a run goes on without it.

    Args:
        bundle: loaded from a folder, its model on the CPU.
        images: (N, H, W, 3) uint8.
        index: positions of the training crops.
        seed: of which of them are taken, and how they are changed.
        progress: told after every engine.

    Returns:
        What was built, as it is on record.
    """
    assert bundle.folder is not None
    folder = bundle.folder / FOLDER
    drop_engines(bundle.folder)
    calibration = np.random.default_rng(seed).permutation(index)[:CALIBRATION_CROPS]
    work = _Work(bundle, folder, images[calibration])
    work.write_files()
    reference, for_margin = _reference(bundle, images, index, seed), changed_crops(images, index, seed + 1)
    work.engines[TORCH] = reference.compare(torch_runner(bundle))
    for done, name in enumerate(ENGINES, start=1):
        work.measure(name, reference, for_margin)
        if progress:
            progress(done, len(ENGINES))
    files = {file.name: sha256_of(file) for file in sorted(folder.glob("*.onnx"))}
    fingerprint = bundle_fingerprint(bundle.folder, bundle.config)
    record = EngineRecord(fingerprint, files, work.engines, work.failures, package_versions())
    write_record(bundle.folder, record)
    return record


def _reference(bundle: Bundle, images: NDArray[np.uint8], index: NDArray[np.int64], seed: int) -> Reference:
    crops = changed_crops(images, index, seed)
    return Reference(crops, TorchEngine(bundle.model, exact=True).logits(crops), bundle.config)


@dataclass
class _Work:
    """Engines under way: parities and failures by name, failures also by the name of a file."""

    bundle: Bundle
    folder: Path
    calibration: NDArray[np.uint8]
    engines: dict[str, Parity] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    _exact: dict[str, tuple[Engine, NDArray[np.float32]]] = field(default_factory=dict)

    def write_files(self) -> None:
        """Export, then quantise."""
        size = self.bundle.config.specification.size
        source, quantised = self.folder / FLOAT_FILE, self.folder / INT8_FILE
        self.attempt(FLOAT_FILE, lambda: export_onnx(self.bundle.model, size, source))
        missing = _missing(_QUANTISES_WITH)
        if missing:
            self.failures[INT8_FILE] = f"the package {missing} is not installed"
        elif source.is_file():
            self.attempt(INT8_FILE, lambda: quantise(source, self.calibration, quantised))

    def measure(self, name: str, reference: Reference, for_margin: NDArray[np.uint8]) -> None:
        """Compare an engine with PyTorch, if it is installed and its file was written."""
        kind = ENGINES[name]
        if not is_installed(kind.package) or not runs_here(name):
            return
        broken = [of for of in (kind.file, kind.exact, FLOAT_FILE) if of in self.failures]
        if broken:
            self.failures[name] = self.failures[broken[0]]
            return

        def compare() -> None:
            self.engines[name] = reference.compare(self._runner(name, kind, for_margin))

        self.attempt(name, compare)

    def _runner(self, name: str, kind: EngineKind, for_margin: NDArray[np.uint8]) -> Runner:
        engine = open_engine(self.folder, kind)
        logits = engine.logits(for_margin)
        if kind.exact is None:
            self._exact[name] = engine, logits
            return Runner(name, engine)
        exact, wanted = self._exact[kind.exact]
        adjustment = self.bundle.config.adjustment
        return Runner(name, engine, Recheck(exact, find_margin(logits, wanted, adjustment), adjustment))

    def attempt(self, name: str, step: Callable[[], None]) -> None:
        """Do a step; whatever a library says that cannot do it goes on record."""
        try:
            step()
        except Exception as failure:
            first = str(failure).strip().splitlines() or [""]
            self.failures[name] = f"{type(failure).__name__}: {first[0]}"


def _missing(packages: tuple[str, ...]) -> str | None:
    """The first of these packages that is not installed."""
    return next((name for name in packages if not is_installed(name)), None)
