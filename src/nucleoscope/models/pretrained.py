"""model2: any classification network of torchvision, its head replaced."""

import difflib

import torchvision.models
from torch import nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.strided_depthwise import replace_strided_depthwise
from nucleoscope.models.timm_network import PREFIX, check_timm_backbone, is_timm
from nucleoscope.models.weights import load_pretrained, torchvision_weights


def backbone_names() -> list[str]:
    """Every classification network of torchvision."""
    return list(torchvision.models.list_models(module=torchvision.models))


def check_backbone(name: str) -> None:
    """Refuse a name that torchvision does not know, or timm where it is of timm.

    Raises:
        ConfigError: with the nearest known name.
    """
    if is_timm(name):
        check_timm_backbone(name)
        return
    known = backbone_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "see torchvision.models.list_models()"
        raise ConfigError(
            f'unknown backbone "{name}"; expected one of torchvision\'s {len(known)} networks, or {PREFIX}NAME; {hint}'
        )


def build_pretrained(
    name: str, classes: int, size: tuple[int, int], source: str | None, surround: float = 1.0
) -> tuple[NucleusClassifier, str]:
    """Build model2.

    Args:
        name: of the network in torchvision.
        classes: number of classes, C.
        size: height and width of the crops, in pixels.
        source: of the pretrained weights, see `models.weights`; None leaves the network as it is initialised,
            for weights that are loaded from a bundle.
        surround: see `NucleusClassifier`.

    Returns:
        The classifier, and what its weights are in words.

    Raises:
        ConfigError: the backbone is unknown.
        WeightsError: the weights cannot be had or do not fit.
    """
    check_backbone(name)
    network = _bare_network(name)
    head_name, _ = _last_layer(network)
    origin = "none" if source is None else load_pretrained(network, name, head_name, source)
    replace_strided_depthwise(network)
    head = _replace_head(network, head_name, classes)
    transform = torchvision_weights(name).transforms()
    input_size = _input_size(name, size)
    return NucleusClassifier(network, transform.mean, transform.std, input_size, head, surround), origin


def _bare_network(name: str) -> nn.Module:
    """The network without auxiliary classifiers, which need larger pictures than crops."""
    builder = torchvision.models.get_model_builder(name)
    options = {}
    if name in ("googlenet", "inception_v3"):
        # Their weights were trained on another normalisation; torchvision converts to it inside the network.
        options = {"aux_logits": False, "init_weights": False, "transform_input": True}
    network: nn.Module = builder(weights=None, **options)
    return network


def _last_layer(network: nn.Module) -> tuple[str, nn.Module]:
    """Dotted name and module of the last layer with weights."""
    return [
        (name, module)
        for name, module in network.named_modules()
        if next(module.parameters(recurse=False), None) is not None
    ][-1]


def _replace_head(network: nn.Module, name: str, classes: int) -> nn.Module:
    """Put a fresh last layer with `classes` outputs in place of the old one, and return it."""
    old = network.get_submodule(name)
    new: nn.Module
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, classes)
        nn.init.trunc_normal_(new.weight, std=0.02)
        nn.init.zeros_(new.bias)
    elif isinstance(old, nn.Conv2d):  # squeezenet
        new = nn.Conv2d(old.in_channels, classes, kernel_size=1)
    else:
        raise TypeError(f"the last layer of {type(network).__name__} is {type(old).__name__}, not linear")
    parent, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(parent), leaf, new)
    return new


def _input_size(name: str, size: tuple[int, int]) -> int | None:
    """The side that crops must be resampled to, or None where the network takes them as they are."""
    smallest = max(torchvision_weights(name).meta["min_size"])
    fixed = name.startswith(("vit_", "maxvit_"))  # position embeddings and partitions are made for one size
    if fixed:
        return None if size == (smallest, smallest) else int(smallest)
    return None if min(size) >= smallest else int(smallest)
