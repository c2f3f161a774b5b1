"""A trained detector in a folder: `detector.safetensors` and `detector.json`. Loading runs no code from it."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from nucleoscope.config import Settings
from nucleoscope.errors import NucleoscopeError, RunFolderError
from nucleoscope.files import replacing, write_json
from nucleoscope.slides.detection.learned import LearnedDetector
from nucleoscope.slides.detection.network import CentreNet
from nucleoscope.slides.detection.settings import DetectorSettings

WEIGHTS_FILE = "detector.safetensors"
RECORD_FILE = "detector.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class DetectorRecord(Settings):
    """What `detector.json` holds.

    Attributes:
        width: of the network.
        mpp: micrometres per pixel that it works at.
        threshold: least logit of a nucleus.
        separation: of nuclei, in um.
        provenance: what it was trained on and how, and how well it did on fields that chose its threshold.
        format_version: of this file.
    """

    width: int
    mpp: float
    threshold: float
    separation: float
    provenance: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION


def save_detector(folder: Path, detector: LearnedDetector, provenance: dict[str, Any]) -> None:
    """Write both files; the record last, so that a folder with it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD_FILE).unlink(missing_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in detector.network.state_dict().items()}
    with replacing(folder / WEIGHTS_FILE) as temporary:
        save_file(weights, temporary)
    record = DetectorRecord(detector.network.width, detector.mpp, detector.threshold, detector.separation, provenance)
    write_json(folder / RECORD_FILE, record.to_mapping())


def load_detector(folder: Path, device: torch.device | None = None) -> LearnedDetector:
    """Load a detector.

    Raises:
        RunFolderError: the folder holds none, or its files are damaged or do not belong together.
    """
    record = _read_record(folder)
    network = CentreNet(record.width)
    try:
        network.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except (OSError, SafetensorError, RuntimeError) as failure:
        raise RunFolderError(
            f'detector "{folder}": {WEIGHTS_FILE} is missing, damaged or of another width than {RECORD_FILE} says '
            f"({record.width}); train it again with `nucleoscope detector`"
        ) from failure
    fields = record.provenance.get("fields", "unknown")
    name = f'trained detector "{folder.name}" ({fields} labelled fields)'
    network = network.to(device or torch.device("cpu")).eval()
    return LearnedDetector(network, record.threshold, record.separation, record.mpp, name)


def _read_record(folder: Path) -> DetectorRecord:
    path = folder / RECORD_FILE
    if not path.is_file():
        raise RunFolderError(
            f'"{folder}" is no detector: it has no {RECORD_FILE}; expected a folder that `nucleoscope detector` wrote'
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format_version"] != FORMAT_VERSION:
            raise RunFolderError(
                f'detector "{folder}": format {values["format_version"]}; this nucleoscope reads {FORMAT_VERSION}: '
                "use the version that wrote it"
            )
        record = DetectorRecord.from_mapping(values, str(path))
        # What the numbers must be, so that a wrong one is not met inside the network.
        DetectorSettings(mpp=float(record.mpp), width=int(record.width))
        return replace(record, threshold=float(record.threshold), separation=float(record.separation))
    except NucleoscopeError:
        raise
    except (ValueError, KeyError, TypeError) as failure:
        raise RunFolderError(
            f'detector "{folder}": {RECORD_FILE} is damaged ({failure}); train it again with `nucleoscope detector`'
        ) from failure
