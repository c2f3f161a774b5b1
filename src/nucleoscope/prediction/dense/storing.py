"""The dense engine beside its bundle: `dense/lens.safetensors`, and `dense/dense.json` that says how well it agrees."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from nucleoscope.config import Settings
from nucleoscope.errors import RunFolderError
from nucleoscope.files import replacing, sha256_of, write_json
from nucleoscope.models.bundle import WEIGHTS_FILE, Bundle
from nucleoscope.prediction.dense.engine import DenseEngine
from nucleoscope.prediction.dense.network import DenseNetwork

FOLDER = "dense"
LENS_FILE = "lens.safetensors"
RECORD_FILE = "dense.json"
LEAST_AGREEMENT = 0.99
"""Share of nuclei on which the dense engine must decide as the crop engine to take its place."""

_LENS = "lens"


@dataclass(frozen=True)
class DenseRecord(Settings):
    """What `dense.json` holds.

    Attributes:
        agreement: share of nuclei with the same decision as the crop engine's.
        glance_agreement: the same without second looks.
        second_looks: share of nuclei that got one.
        nuclei: how many were compared.
        tiles: that they lie on.
        measured_on: these tiles in words.
        protocol: of the split of the bundle.
        fitted_nuclei: that the lens was fitted to; for the comparison, to those on other tiles only.
        weights: SHA-256 of the bundle's weights.
    """

    agreement: float
    glance_agreement: float
    second_looks: float
    nuclei: int
    tiles: int
    measured_on: str
    protocol: str
    fitted_nuclei: int
    weights: str


def save_engine(bundle_folder: Path, engine: DenseEngine, record: DenseRecord) -> None:
    """Write both files; the record last, so that a folder with it is complete."""
    folder = bundle_folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD_FILE).unlink(missing_ok=True)
    with replacing(folder / LENS_FILE) as temporary:
        save_file({_LENS: engine.lens.detach().cpu().contiguous()}, temporary)
    write_json(folder / RECORD_FILE, record.to_mapping())


def read_record(bundle_folder: Path) -> DenseRecord | None:
    """The record of a bundle's dense engine, or None where it has none.

    Raises:
        RunFolderError: the record is damaged, or of other weights than the bundle's.
    """
    path = bundle_folder / FOLDER / RECORD_FILE
    if not path.is_file():
        return None
    try:
        record = DenseRecord(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as failure:
        raise RunFolderError(
            f'"{path}" is damaged ({failure}); fit the dense engine again or remove "{path.parent}"'
        ) from failure
    if record.weights != weights_of(bundle_folder):
        raise RunFolderError(
            f'"{path}" is of other weights than those of "{bundle_folder}"; fit the dense engine again or remove '
            f'"{path.parent}"'
        )
    return record


def load_engine(bundle: Bundle) -> DenseEngine:
    """The dense engine of a bundle that was loaded from a folder.

    Raises:
        RunFolderError: there is none, or its files do not belong together.
        ConfigError: the network cannot be cut, see `cut_network`.
    """
    if bundle.folder is None or read_record(bundle.folder) is None:
        raise RunFolderError(
            f'"{bundle.folder}" has no {FOLDER}/{RECORD_FILE}; fit the dense engine, or use the crop engine'
        )
    folder = bundle.folder / FOLDER
    network = DenseNetwork(bundle)
    try:
        lens = load_file(folder / LENS_FILE)[_LENS]
    except (OSError, SafetensorError, KeyError) as failure:
        raise RunFolderError(
            f'"{folder / LENS_FILE}" is missing or damaged; fit the dense engine again or remove "{folder}"'
        ) from failure
    return DenseEngine(network, lens.to(network.device))


def weights_of(bundle_folder: Path) -> str:
    """SHA-256 of a bundle's weights."""
    return sha256_of(bundle_folder / WEIGHTS_FILE)
