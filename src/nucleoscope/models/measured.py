"""What a bundle was measured to do, kept in its `config.json` so that the figures go where the weights go."""

import dataclasses
from dataclasses import dataclass

from nucleoscope.config import Settings
from nucleoscope.errors import RunFolderError
from nucleoscope.models.bundle import BundleConfig

_KEY = "measured"


@dataclass(frozen=True)
class Measured(Settings):
    """Figures on the validation crops of the split that the model was trained with; fractions in 0..1.

    Attributes:
        protocol: of the split: "random" or "tiles".
        crops: how many validation crops.
        seed: of the split and the training.
        accuracy: share of right crops.
        accuracy_ci95: its interval; None where too few tiles allow none.
        balanced_accuracy: mean recall of the classes.
        macro_f1: mean F1 of the classes.
        ece: expected calibration error.
        alone: share of right crops where nothing around them is known; None for a model that sees no more than them.
    """

    protocol: str
    crops: int
    seed: int
    accuracy: float
    accuracy_ci95: tuple[float, float] | None
    balanced_accuracy: float
    macro_f1: float
    ece: float
    alone: float | None = None

    def sentence(self) -> str:
        """The accuracy as it may be quoted."""
        interval = self.accuracy_ci95
        spread = (
            f"95 % interval {interval[0]:.1%} to {interval[1]:.1%}" if interval else "too few tiles for an interval"
        )
        alone = "" if self.alone is None else f"; {self.alone:.1%} where nothing but the crop itself is known"
        return (
            f"{self.accuracy:.1%} accuracy ({spread}; {self.protocol} split, {self.crops:,} validation crops, "
            f"seed {self.seed}{alone})"
        )


def with_measured(config: BundleConfig, measured: Measured) -> BundleConfig:
    """The config of a bundle with these figures."""
    return dataclasses.replace(config, provenance={**config.provenance, _KEY: measured.to_mapping()})


def measured_of(config: BundleConfig) -> Measured | None:
    """The figures of a bundle, None if it was not measured.

    Raises:
        RunFolderError: they are damaged.
    """
    values = config.provenance.get(_KEY)
    if values is None:
        return None
    try:
        interval = values["accuracy_ci95"]
        values = {**values, "accuracy_ci95": None if interval is None else (float(interval[0]), float(interval[1]))}
        return Measured.from_mapping(values, f'"{_KEY}" in config.json')
    except (KeyError, TypeError, IndexError, ValueError) as failure:
        raise RunFolderError(
            f'"{_KEY}" in the config.json of the bundle is damaged ({failure}); expected what `nucleoscope evaluate` '
            "wrote: run it again"
        ) from failure
