"""What the search may try. Everything not named here keeps its default from `config.Training`."""

from dataclasses import dataclass
from typing import Any

from nucleoscope.models.specification import Kind


@dataclass(frozen=True)
class Uniform:
    """Any number between two ends, drawn evenly."""

    low: float
    high: float


@dataclass(frozen=True)
class LogUniform:
    """Any number between two ends, drawn evenly on a logarithmic scale."""

    low: float
    high: float


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple[float, ...]


Range = Uniform | LogUniform | Choice

_BOTH: dict[str, Range] = {
    "weight_decay": LogUniform(5e-3, 0.3),
    "batch_size": Choice((32, 64, 128)),
    "label_smoothing": Uniform(0.0, 0.1),
    "augmentation": Uniform(0.0, 1.0),
}

SPACE: dict[Kind, dict[str, Range]] = {
    Kind.MODEL1: {"learning_rate": LogUniform(1e-3, 1.2e-2), "width": Choice((24, 32, 48)), **_BOTH},
    Kind.MODEL2: {
        "learning_rate": LogUniform(3e-4, 4e-3),
        "backbone_rate": LogUniform(0.1, 1.0),
        "frozen": Choice((0.0, 0.2, 0.4)),
        **_BOTH,
    },
}


HEAD_SPACE: dict[str, Range] = {
    "learning_rate": LogUniform(2e-4, 5e-3),
    "weight_decay": LogUniform(2e-2, 2.0),
    "label_smoothing": Uniform(0.0, 0.1),
}
"""Of a model2 of which only the head is trained."""


def to_ray(space: dict[str, Range]) -> dict[str, Any]:
    """The same space in Ray Tune's terms."""
    from ray import tune  # heavy

    convert = {
        Uniform: lambda r: tune.uniform(r.low, r.high),
        LogUniform: lambda r: tune.loguniform(r.low, r.high),
        Choice: lambda r: tune.choice(list(r.values)),
    }
    return {name: convert[type(found)](found) for name, found in space.items()}
