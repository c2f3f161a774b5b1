"""The head of model2: one linear layer, or two with a hidden one between, at the end of a network."""

import torch
from torch import Tensor, nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import NucleusClassifier


def make_head(inputs: int, classes: int, hidden: int = 0) -> nn.Module:
    """A fresh head.

    Args:
        inputs: numbers of an embedding, D.
        classes: C.
        hidden: units of a hidden layer; 0 for none.
    """
    if not hidden:
        return _linear(inputs, classes)
    return nn.Sequential(_linear(inputs, hidden), nn.GELU(), _linear(hidden, classes))


def first_layer(head: nn.Module, name: str) -> nn.Linear:
    """The layer of a head that takes the embedding.

    Raises:
        ConfigError: the head is a convolution, as squeezenet's.
    """
    layer = head[0] if isinstance(head, nn.Sequential) else head
    if not isinstance(layer, nn.Linear):
        raise ConfigError(
            f"{name} ends in {type(layer).__name__}, not in a linear layer: it has no embedding to train a head on; "
            "take another --backbone, or leave --frozen and --hidden out"
        )
    return layer


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

    Embeddings are standardised first, for their numbers differ a hundredfold in scale; `fold_into` puts that into the
    head's weights, so that the finished network needs no layer for it.

    Args:
        head: see `make_head`.
        mean: (D,) of the training crops' embeddings.
        deviation: (D,) likewise, above 0.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, head: nn.Module, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.head = head
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Logits (B, C) of embeddings (B, D)."""
        # In float32 throughout: it costs nothing, and what is folded is computed so.
        with torch.autocast(embeddings.device.type, enabled=False):
            logits: Tensor = self.head((embeddings.float() - self.mean) / self.deviation)
        return logits

    def fold_into(self, model: NucleusClassifier) -> None:
        """Make this the head of the classifier whose backbone the embeddings are of; it cannot be trained on after."""
        layer = first_layer(self.head, "the head")
        weight = layer.weight.data / self.deviation
        layer.bias.data -= weight @ self.mean
        layer.weight.data = weight
        replace_head(model, self.head)
