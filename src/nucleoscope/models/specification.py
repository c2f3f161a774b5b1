"""`Specification`: what must be known to build a classifier again, without its weights."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nucleoscope.config import Settings
from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import IMAGENET_MEAN, IMAGENET_STD, NucleusClassifier
from nucleoscope.models.head import embedding_width, make_head, replace_head
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.scales import look_at_scales
from nucleoscope.models.small import SmallNet
from nucleoscope.models.timm_backbone import build_timm
from nucleoscope.models.timm_network import TimmNetwork, find_network, is_timm, without_path


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
        backbone: torchvision's name of model2, or "timm:" and a name for timm.
        surround: contrast that is left far from the nucleus, see `NucleusClassifier`.
        hidden: units of a hidden layer in the head of model2; 0 for a head that is one layer.
        standardised: the head of model2 brings embeddings to mean 0 and deviation 1 first, as one trained alone does.
        timm: what builds a backbone of timm again; looked up by its name if it is not given.
        surroundings: how many times the width of a crop pictures of `size` show; above 1, the network looks at
            several scales of them, see `models.scales`.
    """

    kind: Kind
    n_classes: int
    size: tuple[int, int]
    width: int = 32
    backbone: str = "mobilenet_v2"
    surround: float = 1.0
    hidden: int = 0
    standardised: bool = False
    timm: TimmNetwork | None = None
    surroundings: int = 1

    def __post_init__(self) -> None:
        """Turn what JSON holds into our types.

        Raises:
            ConfigError: the kind or the backbone is unknown.
            WeightsError: the backbone is one of the hub that cannot be reached.
        """
        if self.kind not in list(Kind):
            raise ConfigError(f'unknown model "{self.kind}"; expected one of {", ".join(Kind)}')
        object.__setattr__(self, "kind", Kind(self.kind))
        object.__setattr__(self, "size", tuple(self.size))
        if isinstance(self.timm, dict):
            object.__setattr__(self, "timm", TimmNetwork.from_mapping(self.timm, "specification"))
        elif self.timm is None and self.kind is Kind.MODEL2 and is_timm(self.backbone):
            object.__setattr__(self, "timm", find_network(self.backbone).network)

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON; a network of torchvision with a plain head is written as ever."""
        unused = {name for name in ("hidden", "standardised", "timm") if not getattr(self, name)}
        unused |= {"surroundings"} if self.surroundings == 1 else set()
        return {name: value for name, value in super().to_mapping().items() if name not in unused}

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
        model, origin = self._build_close(weights)
        if self.surroundings > 1:
            model = look_at_scales(model, self.surroundings, self.crop_size, self.n_classes, self.architecture)
        if self.hidden or self.standardised:
            inputs = embedding_width(model.head, self.backbone)
            replace_head(model, make_head(inputs, self.n_classes, self.hidden, self.standardised))
        return model, origin

    def _build_close(self, weights: str | None) -> tuple[NucleusClassifier, str]:
        """Build the classifier of crops by themselves, whose head is one layer."""
        if self.kind is Kind.MODEL1:
            network = SmallNet(self.n_classes, self.width)
            model = NucleusClassifier(network, IMAGENET_MEAN, IMAGENET_STD, None, network.head, self.surround)
            return model, "random initialisation"
        if self.timm is not None:
            return build_timm(self.timm, self.backbone, self.n_classes, self.crop_size, weights, self.surround)
        return build_pretrained(self.backbone, self.n_classes, self.crop_size, weights, self.surround)

    @property
    def crop_size(self) -> tuple[int, int]:
        """Height and width of the centre of a picture that is the crop itself, in pixels."""
        return self.size[0] // self.surroundings, self.size[1] // self.surroundings

    @property
    def architecture(self) -> str:
        """Name for people."""
        return f"SmallNet, width {self.width}" if self.kind is Kind.MODEL1 else without_path(self.backbone)
