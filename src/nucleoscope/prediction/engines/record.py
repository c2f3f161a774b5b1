"""`engines.json`: which engines a bundle has, for which weights, and how well each agrees with PyTorch."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nucleoscope.config import Settings
from nucleoscope.errors import EngineError
from nucleoscope.files import sha256_of, write_json
from nucleoscope.models.bundle import WEIGHTS_FILE, BundleConfig
from nucleoscope.prediction.engines.catalogue import TORCH

FOLDER = "engines"
RECORD_FILE = "engines.json"
LEAST_EQUAL = 0.995
"""The share of decisions that must be PyTorch's for an engine to be admitted."""


@dataclass(frozen=True)
class Parity(Settings):
    """How well an engine agrees with PyTorch in float32, on training crops that were changed at random.

    Attributes:
        crops: how many.
        equal_decisions: share of them that get the same class, after what is unsure was computed again.
        largest_probability_difference: of any class of any of them, likewise.
        margin: see `runner.Recheck`; None for an engine that decides on its own.
        rechecked: share of the crops that were computed again.
        equal_alone: share that gets the same class if nothing is computed again.
    """

    crops: int
    equal_decisions: float
    largest_probability_difference: float
    margin: float | None = None
    rechecked: float = 0.0
    equal_alone: float | None = None

    @property
    def admitted(self) -> bool:
        """Whether the engine may be used."""
        return self.equal_decisions >= LEAST_EQUAL


@dataclass(frozen=True)
class EngineRecord(Settings):
    """The content of `engines.json`.

    Attributes:
        fingerprint: of the bundle that the engines compute; see `bundle_fingerprint`.
        files: SHA-256 of each file of engines, by name.
        engines: by name, PyTorch as it predicts among them.
        failures: by name, why an engine could not be built.
        package_versions: that they were built with.
    """

    fingerprint: str
    files: dict[str, str]
    engines: dict[str, Parity]
    failures: dict[str, str] = field(default_factory=dict)
    package_versions: dict[str, str] = field(default_factory=dict)

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON; for people also whether an engine is admitted, which PyTorch always is."""
        engines = {
            name: dataclasses.asdict(parity) | {"admitted": name == TORCH or parity.admitted}
            for name, parity in self.engines.items()
        }
        return {**super().to_mapping(), "engines": engines}


def bundle_fingerprint(bundle: Path, config: BundleConfig) -> str:
    """A hash over all that decides which class a crop gets: the weights file and what `config.json` adds to it."""
    rest = (config.specification.to_mapping(), config.mean, config.std, config.adjustment)
    return hashlib.sha256(f"{sha256_of(bundle / WEIGHTS_FILE)} {json.dumps(rest)}".encode()).hexdigest()


def write_record(bundle: Path, record: EngineRecord) -> None:
    """Write `engines.json`, after the files that it names."""
    write_json(bundle / FOLDER / RECORD_FILE, record.to_mapping())


def read_record(bundle: Path, config: BundleConfig) -> EngineRecord | None:
    """The engines of a bundle, None if none were built.

    Raises:
        EngineError: they are of other weights, or damaged.
    """
    path = bundle / FOLDER / RECORD_FILE
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["engines"] = {name: _parity(found, str(path)) for name, found in values["engines"].items()}
        record = EngineRecord.from_mapping(values, str(path))
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        raise EngineError(f'"{path}" is damaged ({failure}); {BUILD_AGAIN}') from failure
    if record.fingerprint != bundle_fingerprint(bundle, config):
        raise EngineError(f'the engines of the bundle "{bundle}" were built from other weights; {BUILD_AGAIN}')
    return record


BUILD_AGAIN = "build them again with `nucleoscope engines RUN`, or take --engine torch"


def _parity(values: dict[str, Any], where: str) -> Parity:
    return Parity.from_mapping({name: value for name, value in values.items() if name != "admitted"}, where)
