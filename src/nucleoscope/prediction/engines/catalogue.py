"""The engines by name: which package computes them, from which file, in which number type."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from nucleoscope.errors import ConfigError

AUTO = "auto"
TORCH = "torch"
FLOAT_FILE = "float32.onnx"
INT8_FILE = "int8.onnx"


@dataclass(frozen=True)
class EngineKind:
    """How an engine computes.

    Attributes:
        package: that computes it.
        file: of the bundle's engines that it reads.
        precision: of the numbers, as OpenVINO calls it; in an int8 file, of what is not quantised.
        exact: name of the engine that computes again what this one is not sure of, None if it is exact itself.
    """

    package: str
    file: str
    precision: str = "f32"
    exact: str | None = None


ENGINES: Mapping[str, EngineKind] = {
    "onnxruntime": EngineKind("onnxruntime", FLOAT_FILE),
    "onnxruntime-int8": EngineKind("onnxruntime", INT8_FILE, exact="onnxruntime"),
    "openvino": EngineKind("openvino", FLOAT_FILE),
    "openvino-bf16": EngineKind("openvino", FLOAT_FILE, "bf16", exact="openvino"),
    "openvino-int8": EngineKind("openvino", INT8_FILE, exact="openvino"),
}
"""All but PyTorch, which every bundle has; an exact engine comes before those that it helps."""


def check_engine(name: str) -> None:
    """Refuse a name that is no engine.

    Raises:
        ConfigError: with the nearest known name.
    """
    known = [AUTO, TORCH, *ENGINES]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise ConfigError(f'unknown engine "{name}"; expected one of {", ".join(known)}{hint}')


def is_installed(package: str) -> bool:
    """Whether a package can be imported; it is not imported for that."""
    return find_spec(package) is not None


def package_versions() -> dict[str, str]:
    """Versions of PyTorch and of the packages of engines that are installed."""
    packages = [TORCH, *dict.fromkeys(kind.package for kind in ENGINES.values())]
    return {name: metadata.version(name) for name in packages if is_installed(name)}
