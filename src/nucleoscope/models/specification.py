"""`Specification`: what must be known to build a classifier again, without its weights."""

from dataclasses import dataclass
from enum import StrEnum

from nucleoscope.config import Settings
from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import IMAGENET_MEAN, IMAGENET_STD, NucleusClassifier
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.small import SmallNet


class Kind(StrEnum):
    """The two models."""

    MODEL1 = "model1"
    MODEL2 = "model2"


@dataclass(frozen=True)
class Specification(Settings):
    """An architecture.

    Attributes:
        kind: our own ConvNet or a pretrained network.
        n_classes: C.
        size: height and width of the crops, in pixels.
        width: channels of the first layer of model1.
        backbone: torchvision's name of model2.
        surround: contrast that is left far from the nucleus, see `NucleusClassifier`.
    """

    kind: Kind
    n_classes: int
    size: tuple[int, int]
    width: int = 32
    backbone: str = "mobilenet_v2"
    surround: float = 1.0

    def __post_init__(self) -> None:
        """Turn what JSON holds into our types.

        Raises:
            ConfigError: the kind is unknown.
        """
        if self.kind not in list(Kind):
            raise ConfigError(f'unknown model "{self.kind}"; expected one of {", ".join(Kind)}')
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "size", tuple(self.size))

    def build(self, weights: str | None) -> tuple[NucleusClassifier, str]:
        """Build the classifier.

        Args:
            weights: source of the pretrained weights of model2; None for weights that are loaded afterwards.

        Returns:
            The classifier and what it starts from, in words.

        Raises:
            ConfigError: the backbone is unknown.
            WeightsError: the pretrained weights cannot be had or do not fit.
        """
        if self.kind is Kind.MODEL2:
            return build_pretrained(self.backbone, self.n_classes, self.size, weights, self.surround)
        network = SmallNet(self.n_classes, self.width)
        model = NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, network.head, self.surround)
        return model, "random initialisation"

    @property
    def architecture(self) -> str:
        """Name for people."""
        return f"SmallNet, width {self.width}" if self.kind is Kind.MODEL1 else self.backbone
