"""model2 from timm: any of its networks by name, from the Hugging Face hub or from a folder, its head replaced."""

from typing import Any

import torch
from torch import Tensor, nn

from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.strided_depthwise import replace_strided_depthwise
from nucleoscope.models.timm_network import TimmNetwork, import_timm
from nucleoscope.models.timm_weights import create_pretrained


def build_timm(
    network: TimmNetwork,
    backbone: str,
    classes: int,
    size: tuple[int, int],
    source: str | None,
    surround: float = 1.0,
) -> tuple[NucleusClassifier, str]:
    """Build model2 from timm.

    Args:
        network: what `find_network` found.
        backbone: its name, for weights and messages.
        classes: number of classes, C.
        size: height and width of the crops, in pixels.
        source: of the pretrained weights, see `models.timm_weights`; None leaves the network as it is initialised,
            for weights that are loaded from a bundle.
        surround: see `NucleusClassifier`.

    Returns:
        The classifier, and what its weights are in words.

    Raises:
        ConfigError: timm is not installed.
        WeightsError: the weights cannot be had or do not fit.
    """
    import_timm(backbone)
    made, origin = create_pretrained(network, backbone, source)
    replace_strided_depthwise(made)
    input_size = _input_size(made, network, size)
    whole, head = _replace_head(made, classes)
    mean, std = network.description["mean"], network.description["std"]
    return NucleusClassifier(whole, mean, std, input_size, head, surround), origin


class ClassAndPatches(nn.Module):
    """The class token beside the mean of the patch tokens: the embedding that Virchow2's card asks for.

    Args:
        prefix: tokens before the patches; the first is the class, the others are registers and left out.
    """

    def __init__(self, prefix: int) -> None:
        super().__init__()
        self.prefix = prefix

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, D) -> (B, 2D)."""
        return torch.cat([tokens[:, 0], tokens[:, self.prefix :].mean(dim=1)], dim=1)


def _replace_head(network: Any, classes: int) -> tuple[nn.Module, nn.Module]:
    """The network with a fresh linear layer of `classes` outputs at its end, and that layer."""
    pool = getattr(network, "global_pool", None)
    if pool == "" and getattr(network, "num_prefix_tokens", 0):
        network.reset_classifier(0)
        head = nn.Linear(2 * network.num_features, classes)
        return nn.Sequential(network, ClassAndPatches(network.num_prefix_tokens), _initialised(head)), head
    network.reset_classifier(classes, **({"global_pool": "avg"} if pool == "" else {}))
    last = network.get_classifier()
    if isinstance(last, nn.Linear):
        _initialised(last)
        return network, last
    # Two heads of a distilled network, or a convolution: its embedding and one layer of ours.
    network.reset_classifier(0)
    head = nn.Linear(network.head_hidden_size, classes)
    return nn.Sequential(network, _initialised(head)), head


def _initialised(head: nn.Linear) -> nn.Linear:
    nn.init.trunc_normal_(head.weight, std=0.02)
    nn.init.zeros_(head.bias)
    return head


def _input_size(network: Any, known: TimmNetwork, size: tuple[int, int]) -> int | None:
    """The side that crops must be resampled to, or None where the network takes them as they are.

    A network whose position embeddings follow the picture sees crops about as they are, in whole patches and no
    larger than in its pretraining; one that is made for a size gets that. Any other takes what it can run.
    """
    pretrained = int(known.description["input_size"][-1])
    if getattr(network, "dynamic_img_size", False) or known.arguments.get("dynamic_img_size"):
        patch = int(network.patch_embed.patch_size[0])
        side = min(pretrained, -(-max(size) // patch) * patch)
        # Once and for all: resampled in every pass, they could not be exported.
        network.set_input_size((side, side))
    elif known.description.get("fixed_input_size"):
        side = pretrained
    elif _runs(network, size):
        return None
    else:
        side = pretrained
    return None if size == (side, side) else side


@torch.no_grad()
def _runs(network: nn.Module, size: tuple[int, int]) -> bool:
    """Whether a network computes pictures of a size: small ones vanish in some."""
    network.eval()
    try:
        network(torch.zeros(1, 3, *size))
    except (RuntimeError, AssertionError, ValueError):
        return False
    return True
