"""The head of model2: one linear layer, or two with a hidden one between, at the end of a network."""

import torch
from torch import Tensor, nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import NucleusClassifier


class Standardise(nn.Module):
    """Brings each number of an embedding to mean 0 and deviation 1, for they differ a hundredfold in scale.

    It stays in the head, in float32: folded into the linear layer behind it, mean and weights would be large numbers
    that cancel, and bfloat16 has no digits for that.

    Args:
        width: numbers of an embedding, D.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))

    def forward(self, embeddings: Tensor) -> Tensor:
        """(B, D) -> (B, D) float32."""
        return (embeddings.float() - self.mean) / self.deviation


def make_head(inputs: int, classes: int, hidden: int = 0, standardised: bool = False) -> nn.Module:
    """A fresh head.

    Args:
        inputs: numbers of an embedding, D.
        classes: C.
        hidden: units of a hidden layer; 0 for none.
        standardised: begin with `Standardise`.
    """
    layers: list[nn.Module] = [Standardise(inputs)] if standardised else []
    if hidden:
        layers += [_linear(inputs, hidden), nn.GELU()]
    layers.append(_linear(hidden or inputs, classes))
    return layers[0] if len(layers) == 1 else nn.Sequential(*layers)


def has_embedding(head: nn.Module) -> bool:
    """Whether a head takes an embedding; a convolution, as squeezenet's, does not."""
    return any(isinstance(layer, nn.Linear) for layer in head.modules())


def embedding_width(head: nn.Module, name: str) -> int:
    """How many numbers a head takes.

    Raises:
        ConfigError: it is a convolution, as squeezenet's.
    """
    for layer in head.modules():
        if isinstance(layer, nn.Linear):
            return layer.in_features
    raise ConfigError(
        f"{name} ends in {type(head).__name__}, not in a linear layer: it has no embedding to train a head on; "
        "take another --backbone, or leave --frozen, --hidden and --surroundings out"
    )


def replace_head(model: NucleusClassifier, head: nn.Module) -> None:
    """Put another head in the place of a classifier's."""
    place = next(name for name, module in model.network.named_modules() if module is model.head)
    model.network.set_submodule(place, head)
    model.set_head(head)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.trunc_normal_(layer.weight, std=0.02)
    nn.init.zeros_(layer.bias)
    return layer


class EmbeddingClassifier(nn.Module):
    """A head on embeddings: pictures that a backbone has already seen. Trained alone, it then joins the backbone.

    Args:
        head: see `make_head`.
    """

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, embeddings: Tensor) -> Tensor:
        """Logits (B, C) of embeddings (B, D)."""
        # In float32 throughout: it costs next to nothing.
        with torch.autocast(embeddings.device.type, enabled=False):
            logits: Tensor = self.head(embeddings.float())
        return logits
