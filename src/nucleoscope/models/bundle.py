"""The bundle: a folder with everything that a classifier needs to be used elsewhere.

`model.safetensors` holds the weights, `config.json` the rest, `README.md` the model card. Loading runs no code
from the folder.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from nucleoscope.config import Settings
from nucleoscope.errors import NucleoscopeError, RunFolderError
from nucleoscope.files import replacing, write_json, write_text
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.specification import Specification

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
CARD_FILE = "README.md"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class BundleConfig(Settings):
    """What `config.json` holds beside the weights.

    Attributes:
        format_version: of this file.
        specification: the architecture.
        classes: C class names in the order of the logits.
        label_values: C labels as the data set writes them, for a submission.
        mean: of each channel, in 0..1, subtracted by the model itself.
        std: of each channel, in 0..1, divided by in the model itself.
        mpp: micrometres per pixel of the crops, or None where it is not known.
        temperature: logits are divided by it before softmax (Guo et al. 2017, arXiv:1706.04599).
        adjustment: C numbers that are added to the logits, a remedy for confusion; None for none.
        views: 1, or 8 for the mean of the logits over all flips and quarter turns of a crop.
        coverage: how often sets of possible classes shall hold the true one; None for a bundle without sets.
        set_threshold: the least probability at which a class belongs to a set; see `evaluation.conformal`.
        novelty_threshold: the energy above which a nucleus is foreign, see `prediction.novelty`; None where it was
            not measured.
        provenance: where the model comes from: protocol, data fingerprint, seed, versions; and what was measured, see
            `models.measured`.
    """

    specification: Specification
    classes: tuple[str, ...]
    label_values: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    mpp: float | None = None
    temperature: float = 1.0
    adjustment: tuple[float, ...] | None = None
    views: int = 1
    coverage: float | None = None
    set_threshold: float | None = None
    novelty_threshold: float | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return {**super().to_mapping(), "specification": self.specification.to_mapping()}


@dataclass(frozen=True)
class Bundle:
    """A classifier that is ready to be used.

    Attributes:
        model: in evaluation mode.
        config: what belongs to it.
        folder: where it was loaded from, None if it was not; its engines are there, see `prediction.engines`.
    """

    model: NucleusClassifier
    config: BundleConfig
    folder: Path | None = None


def save_bundle(folder: Path, bundle: Bundle, card: str) -> None:
    """Write the bundle's three files; `config.json` last, so that a folder with it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).unlink(missing_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in bundle.model.state_dict().items()}
    with replacing(folder / WEIGHTS_FILE) as temporary:
        save_file(weights, temporary)
    write_text(folder / CARD_FILE, card)
    write_config(folder, bundle.config)


def write_config(folder: Path, config: BundleConfig) -> None:
    """Write the `config.json` of a bundle, whose weights stay as they are."""
    write_json(folder / CONFIG_FILE, config.to_mapping())


def load_bundle(folder: Path, device: torch.device | None = None) -> Bundle:
    """Load a bundle; the model is in evaluation mode.

    Raises:
        RunFolderError: the folder is no bundle, or its files do not belong together.
    """
    config = _read_config(folder)
    model, _ = config.specification.build(None)
    try:
        model.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except (OSError, SafetensorError, RuntimeError) as failure:
        raise RunFolderError(
            f'bundle "{folder}": {WEIGHTS_FILE} is missing, damaged or of another architecture than {CONFIG_FILE} '
            f"says ({config.specification.architecture}); export the model again"
        ) from failure
    model.mean.copy_(torch.tensor(config.mean).view_as(model.mean))
    model.std.copy_(torch.tensor(config.std).view_as(model.std))
    return Bundle(model.to(device or torch.device("cpu")).eval(), config, folder)


def _read_config(folder: Path) -> BundleConfig:
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise RunFolderError(
            f'"{folder}" is no bundle: it has no {CONFIG_FILE}; expected a folder like RUN/model2/model that holds '
            f"{WEIGHTS_FILE} and {CONFIG_FILE}"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format_version"] != FORMAT_VERSION:
            raise RunFolderError(
                f'bundle "{folder}": format {values["format_version"]}; this nucleoscope reads {FORMAT_VERSION}: '
                "use the version that wrote it"
            )
        values["specification"] = Specification.from_mapping(values["specification"], str(path))
        for name in ("classes", "label_values", "mean", "std"):
            values[name] = tuple(values[name])
        if values["adjustment"] is not None:
            values["adjustment"] = tuple(values["adjustment"])
        return BundleConfig.from_mapping(values, str(path))
    except NucleoscopeError:
        raise
    except (ValueError, KeyError, TypeError) as failure:
        raise RunFolderError(
            f'bundle "{folder}": {CONFIG_FILE} is damaged ({failure}); expected what nucleoscope wrote: '
            "export the model again"
        ) from failure
