"""Making an engine ready: from its name and the files of a bundle."""

from pathlib import Path

import torch

from nucleoscope.errors import EngineError
from nucleoscope.files import sha256_of
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.catalogue import ENGINES, TORCH, EngineKind, is_installed
from nucleoscope.prediction.engines.engine import Engine
from nucleoscope.prediction.engines.onnxruntime_engine import OnnxRuntimeEngine
from nucleoscope.prediction.engines.openvino_engine import OpenVinoEngine
from nucleoscope.prediction.engines.record import BUILD_AGAIN, FOLDER, LEAST_EQUAL, EngineRecord, read_record
from nucleoscope.prediction.engines.runner import Recheck, Runner
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.runtime import computes_bfloat16


def torch_runner(bundle: Bundle, note: str | None = None) -> Runner:
    """PyTorch, which every bundle has."""
    return Runner(TORCH, TorchEngine(bundle.model), note=note)


def open_runner(bundle: Bundle, name: str) -> Runner:
    """The engine of this name.

    Args:
        bundle: loaded from a folder.
        name: of an engine in the catalogue, or "torch".

    Raises:
        EngineError: it is not installed, not in the bundle, not admitted, or its files are not what was built.
    """
    if name == TORCH:
        return torch_runner(bundle)
    kind = ENGINES[name]
    if not is_installed(kind.package):
        raise EngineError(
            f'engine "{name}" needs the package {kind.package}, which is not installed: pip install '
            "'nucleoscope[fast]', or take --engine torch"
        )
    record = None if bundle.folder is None else read_record(bundle.folder, bundle.config)
    if bundle.folder is None or record is None or name not in record.engines:
        raise EngineError(_not_there(name, bundle.folder, record))
    parity = record.engines[name]
    if not parity.admitted:
        raise EngineError(
            f'engine "{name}" of the bundle "{bundle.folder}" was not admitted: {parity.equal_decisions:.1%} of its '
            f"decisions on {parity.crops:,} crops are those of PyTorch, expected {LEAST_EQUAL:.1%} or more: take "
            "another --engine"
        )
    _check_files(bundle.folder, record, kind)
    return _with_recheck(bundle, name, kind, parity.margin)


def usable(bundle: Bundle) -> list[str]:
    """Names of the engines that are installed, in the bundle and admitted, PyTorch last.

    Raises:
        EngineError: the engines are of other weights, or damaged.
    """
    record = None if bundle.folder is None else read_record(bundle.folder, bundle.config)
    found = {} if record is None else record.engines
    names = [name for name, kind in ENGINES.items() if name in found and is_installed(kind.package)]
    return [name for name in names if found[name].admitted and runs_here(name)] + [TORCH]


def runs_here(name: str) -> bool:
    """Whether this processor has what an engine is made for."""
    return ENGINES[name].precision != "bf16" or computes_bfloat16(torch.device("cpu"))


def open_engine(folder: Path, kind: EngineKind) -> Engine:
    """The engine that reads its file in a bundle's folder of engines."""
    if kind.package == "openvino":
        return OpenVinoEngine(folder / kind.file, kind.precision)
    return OnnxRuntimeEngine(folder / kind.file)


def _with_recheck(bundle: Bundle, name: str, kind: EngineKind, margin: float | None) -> Runner:
    assert bundle.folder is not None  # `open_runner` has looked
    folder = bundle.folder / FOLDER
    engine = open_engine(folder, kind)
    if kind.exact is None or margin is None:
        return Runner(name, engine)
    exact = open_engine(folder, ENGINES[kind.exact])
    return Runner(name, engine, Recheck(exact, margin, bundle.config.adjustment))


def _check_files(bundle: Path, record: EngineRecord, kind: EngineKind) -> None:
    """Refuse files that were changed since they were built."""
    exact = [] if kind.exact is None else [ENGINES[kind.exact].file]
    for name in {kind.file, *exact}:
        path = bundle / FOLDER / name
        if not path.is_file() or sha256_of(path) != record.files.get(name):
            raise EngineError(f'"{path}" is missing or not what was built; {BUILD_AGAIN}')


def _not_there(name: str, folder: Path | None, record: EngineRecord | None) -> str:
    if folder is None:
        return f'engine "{name}" needs a bundle with a folder; expected one of `load_bundle`: take engine torch'
    if record is not None and name in record.failures:
        return f'engine "{name}" could not be built for the bundle "{folder}" ({record.failures[name]}): take another'
    has = "none" if record is None else ", ".join(n for n in record.engines if n != TORCH) or "none"
    return (
        f'the bundle "{folder}" has no engine "{name}"; it has {has}: build it with `nucleoscope engines RUN`, or take '
        "--engine torch"
    )
