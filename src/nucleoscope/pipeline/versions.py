"""Versions of what a result depends on, for the records."""

import platform
from importlib import metadata
from importlib.util import find_spec

_OPTIONAL = ("timm",)
_PACKAGES = ("nucleoscope", "torch", "torchvision", "numpy", "ray", "optuna", "captum", "pillow")


def versions() -> dict[str, str]:
    """By package, Python included."""
    names = (*_PACKAGES, *(name for name in _OPTIONAL if find_spec(name)))
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}
