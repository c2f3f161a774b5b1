"""The settings of every stage: frozen, complete, and strict about what they are given."""

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from nucleoscope.errors import ConfigError


@dataclass(frozen=True)
class Settings:
    """Base of all settings: made from a mapping whose every key must be known."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], where: str) -> Self:
        """Build settings from what a file or a search holds.

        Args:
            values: names and values; what is missing takes its default.
            where: what the values were read from, for the error.

        Raises:
            ConfigError: a key is unknown.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f'did you mean "{near[0]}"?' if near else f"known are {', '.join(known)}"
                raise ConfigError(f'{where}: unknown setting "{key}" of {cls.__name__}; {hint}')
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return dataclasses.asdict(self)


def _check(holds: bool, name: str, value: object, expected: str) -> None:
    """Raise a ConfigError for a value outside its range."""
    if not holds:
        raise ConfigError(f"{name} is {value}; expected {expected}")


@dataclass(frozen=True)
class Training(Settings):
    """How one model is fitted.

    Attributes:
        epochs: passes over the training crops.
        batch_size: crops a step.
        learning_rate: peak of the schedule, for the head and for networks from scratch.
        backbone_rate: rate of a pretrained backbone as a share of `learning_rate`.
        weight_decay: of AdamW, on weights of two or more dimensions.
        label_smoothing: share of the target spread over all classes.
        augmentation: strength; 0 leaves flips and quarter turns, 1 is the full jitter of `data.augment`.
        grey: share of the training crops that are shown without their colour, so that shape and texture must do.
        class_balance: class weights are frequency to the power of minus this; 0 none, 1 fully balanced.
        tile_cap: crops of a class of a tile that an epoch takes at most, others each time, or as many as there are on
            average if that is more; 0 takes all.
        width: channels of the first layer of model1.
        frozen: share of the layers of model2's backbone that keep their pretrained weights, from the input on.
    """

    epochs: int = 12
    batch_size: int = 64
    learning_rate: float = 4e-3
    backbone_rate: float = 1.0
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    augmentation: float = 0.5
    grey: float = 0.0
    class_balance: float = 0.5
    tile_cap: int = 0
    width: int = 32
    frozen: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a value is outside its range.
        """
        _check(self.epochs >= 1, "epochs", self.epochs, "1 or more")
        _check(self.batch_size >= 2, "batch_size", self.batch_size, "2 or more")
        _check(self.learning_rate > 0, "learning_rate", self.learning_rate, "more than 0")
        _check(self.backbone_rate >= 0, "backbone_rate", self.backbone_rate, "0 or more")
        _check(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")
        _check(0 <= self.label_smoothing < 1, "label_smoothing", self.label_smoothing, "from 0 to below 1")
        _check(0 <= self.augmentation <= 2, "augmentation", self.augmentation, "from 0 to 2")
        _check(0 <= self.grey <= 1, "grey", self.grey, "from 0 to 1")
        _check(0 <= self.class_balance <= 1, "class_balance", self.class_balance, "from 0 to 1")
        _check(self.tile_cap >= 0, "tile_cap", self.tile_cap, "0 or more")
        _check(self.width >= 4, "width", self.width, "4 or more")
        _check(0 <= self.frozen <= 1, "frozen", self.frozen, "from 0 to 1")
