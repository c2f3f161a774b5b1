"""`RunSettings`: everything that a run is made with, resolved and written to `run.json`."""

import math
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from nucleoscope.config import Settings
from nucleoscope.data.crops import MAX_SIZE, MIN_SIZE
from nucleoscope.data.overlap.tolerance import Tolerance
from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError
from nucleoscope.models.pretrained import check_backbone
from nucleoscope.models.specification import Kind
from nucleoscope.models.timm_network import absolute
from nucleoscope.models.weights import AUTO
from nucleoscope.prediction.views import ALL_VIEWS

MOST_COPIES = 99
MOST_SURROUNDINGS = 8

_E = TypeVar("_E", bound=StrEnum)


class Preset(StrEnum):
    """How much time a run may take."""

    FAST = "fast"
    FULL = "full"


@dataclass(frozen=True)
class RunSettings(Settings):
    """Settings of a run.

    Attributes:
        split: protocol; None takes `tiles` where crops share pixels on three tiles or more, else `random`.
        val_fraction: share of the crops that is reported on.
        select_fraction: share of the others that choices are made on.
        seed: of everything.
        models: which models.
        backbone: torchvision's name of model2, or "timm:" and a name, see `models.timm_network`.
        weights: source of its pretrained weights.
        frozen: train only the head of model2, on embeddings that its backbone computes once.
        hidden: units of a hidden layer in the head of model2; 0 for none.
        copies: changed copies of each crop whose embeddings a frozen model2 is trained on too.
        preset: sets what `trials`, `epochs`, `views` and `copies` leave open.
        trials: configurations to try for each model; 0 takes the defaults.
        epochs: of each fit.
        views: 8 predicts the mean over all flips and quarter turns of a crop, 1 the crop as it is.
        classes: names of the classes; None takes them from the data.
        mpp: micrometres per pixel of the crops; None if it is not known.
        adjust: add the logit adjustment that was fitted on `select` to the predictions.
        balance: power of the class weights, 0 none to 1 full; None takes what measured better for the protocol.
        compare_balance: train a second time without class weights (with them, if there are none), to show what
            they change.
        groups: column of the label table that says what a crop was cut from (patient, slide); under `tiles`, no
            group is on both sides either.
        fold: which of how many folds to validate on, from 1, instead of `val_fraction`; see `pipeline.folds`.
        coverage: how often the "not sure" sets of classes shall hold the true one; see `evaluation.conformal`.
        corrections: path of a CSV of labels to correct and crops to drop; None for none.
        recompressed: look for shared pixels also between crops that were saved as JPEG.
        turned: look for shared pixels also between crops that were flipped or turned.
        crop_size: side in pixels of the crops to cut from fields; None takes 25 um.
        surroundings: how many times the width of a crop model2 is shown, put together from the crops of its tile or
            cut from its field; 1 for the crops as they are; None takes what `pipeline.surroundings` says of the data.
    """

    split: Protocol | None = None
    val_fraction: float = 0.3
    select_fraction: float = 0.2
    seed: int = 0
    models: tuple[Kind, ...] = (Kind.MODEL1, Kind.MODEL2)
    backbone: str = "mobilenet_v2"
    weights: str = AUTO
    frozen: bool = False
    hidden: int = 0
    copies: int | None = None
    preset: Preset = Preset.FAST
    trials: int | None = None
    epochs: int | None = None
    views: int | None = None
    classes: tuple[str, ...] | None = None
    mpp: float | None = None
    adjust: bool = False
    balance: float | None = None
    compare_balance: bool = False
    groups: str | None = None
    fold: tuple[int, int] | None = None
    coverage: float = 0.95
    corrections: str | None = None
    recompressed: bool = False
    turned: bool = False
    crop_size: int | None = None
    surroundings: int | None = None

    @property
    def tolerance(self) -> Tolerance:
        """What crops may have gone through since they were cut."""
        return Tolerance(recompressed=self.recompressed, turned=self.turned)

    def __post_init__(self) -> None:
        """Turn what a file or the command line holds into our types, and check it.

        Raises:
            ConfigError: a value is not known or outside its range.
        """
        if self.split is not None:
            _become(self, "split", _member(Protocol, self.split, "split"))
        _become(self, "preset", _member(Preset, self.preset, "preset"))
        _become(self, "models", tuple(_member(Kind, name, "model") for name in self.models))
        if self.classes is not None:
            _become(self, "classes", tuple(self.classes))
        if self.fold is not None:
            _become(self, "fold", tuple(self.fold))
        if self.corrections is not None:
            _become(self, "corrections", str(Path(self.corrections).resolve()))  # as a later process finds it
        _become(self, "backbone", absolute(self.backbone))
        check_backbone(self.backbone)
        _check_numbers(self)
        _check_counts(self)
        check_mpp(self.mpp)
        _check_fold(self.fold)


def _become(settings: RunSettings, name: str, value: object) -> None:
    """Set a field of a frozen record while it is made."""
    object.__setattr__(settings, name, value)


def _member(kind: type[_E], value: str, name: str) -> _E:
    """The member of an enum.

    Raises:
        ConfigError: there is none of this value.
    """
    if value not in list(kind):
        raise ConfigError(f'unknown {name} "{value}"; expected {" or ".join(kind)}')
    return kind(value)


def _check_numbers(settings: RunSettings) -> None:
    for name, example in (("val_fraction", 0.3), ("select_fraction", 0.2), ("coverage", 0.95)):
        value = getattr(settings, name)
        if not 0 < value < 1:
            raise ConfigError(f"{name} is {value}; expected more than 0 and less than 1, such as {example}")
    if not 0 <= settings.seed < 2**31:
        raise ConfigError(f"seed is {settings.seed}; expected from 0 to {2**31 - 1}")
    if not settings.models:
        raise ConfigError("no model named; expected model1, model2 or model1,model2")
    if settings.balance is not None and not 0 <= settings.balance <= 1:
        raise ConfigError(f"balance is {settings.balance}; expected from 0 (no class weights) to 1 (full)")


def _check_counts(settings: RunSettings) -> None:
    if settings.trials is not None and settings.trials < 0:
        raise ConfigError(f"trials is {settings.trials}; expected 0 (no search) or more")
    if settings.epochs is not None and settings.epochs < 1:
        raise ConfigError(f"epochs is {settings.epochs}; expected 1 or more")
    if settings.crop_size is not None and not MIN_SIZE <= settings.crop_size <= MAX_SIZE:
        raise ConfigError(f"crop_size is {settings.crop_size}; expected from {MIN_SIZE} to {MAX_SIZE} pixels")
    if settings.surroundings is not None and not 1 <= settings.surroundings <= MOST_SURROUNDINGS:
        raise ConfigError(
            f"surroundings is {settings.surroundings}; expected from 1 (the crop alone) to {MOST_SURROUNDINGS}"
        )
    if settings.hidden < 0:
        raise ConfigError(f"hidden is {settings.hidden}; expected 0 (no hidden layer) or its units, such as 256")
    if settings.copies is not None and not 0 <= settings.copies <= MOST_COPIES:
        raise ConfigError(f"copies is {settings.copies}; expected from 0 to {MOST_COPIES}")
    if settings.views not in (None, 1, ALL_VIEWS):
        raise ConfigError(f"views is {settings.views}; expected 1 or {ALL_VIEWS}")


def _check_fold(fold: tuple[int, int] | None) -> None:
    if fold is not None and not (len(fold) == 2 and fold[1] >= 2 and 1 <= fold[0] <= fold[1]):
        raise ConfigError(f"fold is {fold}; expected one of two folds or more, such as (1, 5)")


def check_mpp(mpp: float | None) -> None:
    """Refuse a resolution that is none.

    Raises:
        ConfigError: it is not a positive number.
    """
    if mpp is not None and not 0 < mpp < math.inf:
        raise ConfigError(f"mpp is {mpp}; expected micrometres per pixel, such as 0.25")


def model_name(text: str) -> Kind:
    """The model of this name.

    Raises:
        ConfigError: there is none.
    """
    return _member(Kind, text, "model")


def protocol_name(text: str) -> Protocol:
    """The protocol of this name.

    Raises:
        ConfigError: there is none.
    """
    return _member(Protocol, text, "split")


def model_names(text: str) -> tuple[Kind, ...]:
    """The models in a list separated by commas.

    Raises:
        ConfigError: there is no such model.
    """
    return tuple(_member(Kind, part.strip(), "model") for part in text.split(",") if part.strip())
