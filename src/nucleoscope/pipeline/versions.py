"""Versions of what a result depends on, for the records."""

import platform
from importlib import metadata

_PACKAGES = ("nucleoscope", "torch", "torchvision", "numpy", "ray", "optuna", "captum", "pillow")


def versions() -> dict[str, str]:
    """By package, Python included."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}}
