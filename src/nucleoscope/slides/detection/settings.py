"""How a detector is trained."""

from dataclasses import dataclass

from nucleoscope.config import Settings
from nucleoscope.errors import ConfigError


@dataclass(frozen=True)
class DetectorSettings(Settings):
    """Settings of one training.

    Attributes:
        mpp: micrometres per pixel that the detector works at.
        width: channels of the finest maps of the network.
        steps: of each of the two fits: one to choose the threshold, one on all fields.
        batch_size: patches a step.
        patch: side of a patch in pixels, a multiple of 8.
        learning_rate: peak of the schedule.
        augmentation: strength of the changes of stain, see `data.augment`; turns and sizes vary in any case.
        select_share: of the fields that choose the threshold while the others are learnt from.
        seed: of everything.
    """

    mpp: float = 0.5
    width: int = 16
    steps: int = 400
    batch_size: int = 8
    patch: int = 160
    learning_rate: float = 4e-3
    augmentation: float = 1.0
    select_share: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ConfigError: a value is outside its range.
        """
        ranges = (
            ("mpp", 0.2 <= self.mpp <= 1.0, "0.2 to 1 um/pixel"),
            ("width", 4 <= self.width <= 256, "4 to 256"),
            ("steps", self.steps >= 1, "1 or more"),
            ("batch_size", self.batch_size >= 1, "1 or more"),
            ("patch", self.patch >= 64 and self.patch % 8 == 0, "64 or more, a multiple of 8"),
            ("learning_rate", self.learning_rate > 0, "more than 0"),
            ("augmentation", 0 <= self.augmentation <= 2, "from 0 to 2"),
            ("select_share", 0 < self.select_share < 1, "more than 0 and less than 1"),
        )
        for name, holds, expected in ranges:
            if not holds:
                raise ConfigError(f"{name} of the detector is {getattr(self, name)}; expected {expected}")
