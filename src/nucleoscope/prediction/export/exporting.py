"""Exporting: the targets by name, and the one way from a bundle to a folder that was compared with it."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import ConfigError, EngineError, NucleoscopeError
from nucleoscope.files import new_folder
from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.engines.catalogue import is_installed
from nucleoscope.prediction.export import huggingface, monai_bundle, onnx_file, openvino_ir, qupath
from nucleoscope.prediction.export.agreement import (
    Agreement,
    ParityCrops,
    keep_agreement,
    measure_agreement,
    synthetic_crops,
)


@dataclass(frozen=True)
class Target:
    """A layout that a bundle can be exported to.

    Attributes:
        write: fills an empty folder.
        read: probabilities (N, C) of crops (N, H, W, 3) uint8, computed from the folder alone, as its users would.
        packages: that both need; all are of the extra `fast`.
    """

    write: Callable[[Bundle, Path], None]
    read: Callable[[Path, NDArray[np.uint8]], NDArray[np.float64]]
    packages: tuple[str, ...] = ()


TARGETS: Mapping[str, Target] = {
    qupath.TARGET: Target(qupath.write, qupath.read),
    onnx_file.TARGET: Target(onnx_file.write, onnx_file.read, ("onnx", "onnxruntime")),
    openvino_ir.TARGET: Target(openvino_ir.write, openvino_ir.read, ("onnx", "openvino")),
    monai_bundle.TARGET: Target(monai_bundle.write, monai_bundle.read),
    huggingface.TARGET: Target(huggingface.write, huggingface.read),
}


def check_target(name: str) -> None:
    """Refuse a name that is no target, or one whose packages are not installed.

    Raises:
        ConfigError: with the nearest known name.
        EngineError: a package is missing.
    """
    if name not in TARGETS:
        near = difflib.get_close_matches(name, TARGETS, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ConfigError(f'unknown target "{name}"; expected one of {", ".join(TARGETS)}{hint}')
    missing = next((package for package in TARGETS[name].packages if not is_installed(package)), None)
    if missing is not None:
        raise EngineError(
            f"the export to {name} needs the package {missing}, which is not installed: pip install "
            "'nucleoscope[fast]', or take another --to"
        )


def export_bundle(bundle: Bundle, target: str, out: Path, crops: ParityCrops | None = None) -> Agreement:
    """Write a bundle in the layout of another program, and compare what was written with it.

    Args:
        bundle: loaded on the CPU.
        target: name of a layout in `TARGETS`.
        out: the folder, new or empty; it is there whole or not at all.
        crops: to compare on; synthetic ones if not given.

    Returns:
        How well it agrees, which is also in `parity.json` of the folder.

    Raises:
        ConfigError: there is no such target.
        EngineError: a package is missing, the bundle does not fit the target, or the export does not agree.
        RunFolderError: something is at `out`.
    """
    check_target(target)
    with new_folder(out) as folder:
        _write(bundle, target, folder)
        crops = crops or synthetic_crops(bundle.config.specification.size)
        found = TARGETS[target].read(folder, crops.images)
        agreement = measure_agreement(target, bundle, found, crops)
        keep_agreement(folder, agreement)
    return agreement


def _write(bundle: Bundle, target: str, folder: Path) -> None:
    try:
        TARGETS[target].write(bundle, folder)
    except (NucleoscopeError, OSError):
        raise
    except Exception as failure:  # whatever a library says of a layer that its format has not
        first = (str(failure).strip().splitlines() or [""])[0]
        raise EngineError(
            f"{bundle.config.specification.architecture} cannot be exported to {target} "
            f"({type(failure).__name__}: {first}): take another --to"
        ) from failure
