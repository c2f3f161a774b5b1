"""Pretrained weights of timm's networks by source: a file, timm's download or cache (or a folder), a package.

As for torchvision's there is no fourth way, and every tensor below the head must be there and fit: timm loads strictly
into the network as it was pretrained, and only then is the head replaced.
"""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from nucleoscope.errors import WeightsError
from nucleoscope.models.timm_network import Found, TimmNetwork, find_network, import_timm, reason
from nucleoscope.models.weights import AUTO, OFFLINE, StateDict, load_packaged, packaged_file, read_state, three_ways

_LONGEST = 160
_QUIET = ("huggingface_hub", "timm")


def create_pretrained(network: TimmNetwork, backbone: str, source: str | None) -> tuple[nn.Module, str]:
    """Create a network with the head that it was pretrained with, and its weights.

    Args:
        network: what to create.
        backbone: its name, which says where timm finds its weights.
        source: "auto" (timm, then for some networks a package), "offline" (the package) or the path of a state dict;
            None leaves the weights as they are initialised.

    Returns:
        The network, and what its weights are, in words.

    Raises:
        WeightsError: they cannot be had, or belong to another architecture.
    """
    if source is None:
        return create(network, backbone), "none"
    if source == AUTO:
        return _from_timm(network, backbone)
    if source == OFFLINE:
        return _from_package(network, backbone)
    return _from_file(network, backbone, Path(source))


def resolve_timm_source(found: Found, backbone: str, source: str) -> str:
    """The source that will be used, tried: "auto" becomes the package where timm's weights cannot be reached.

    Raises:
        WeightsError: nothing can be reached or loaded.
    """
    _, origin = create_pretrained(found.network, backbone, source)
    return source if source != AUTO or origin.startswith("timm ") else OFFLINE


def create(network: TimmNetwork, backbone: str, **options: Any) -> nn.Module:
    """Call timm; `options` come beside the network's own arguments or take their place."""
    timm = import_timm(backbone)
    arguments = dict(network.arguments)
    if isinstance(arguments.get("mlp_layer"), str):
        arguments["mlp_layer"] = getattr(importlib.import_module("timm.layers"), arguments["mlp_layer"])
    with _quiet():
        made: Any = timm.create_model(
            network.architecture, **({"pretrained_cfg": dict(network.description)} | arguments | options)
        )
    # It may hold a state dict, and a running average of the network would copy that too.
    made.pretrained_cfg = made.default_cfg = {}
    result: nn.Module = made
    return result


def _from_timm(network: TimmNetwork, backbone: str) -> tuple[nn.Module, str]:
    found = find_network(backbone)
    try:
        return create(network, backbone, pretrained=True, pretrained_cfg=found.source), f"timm {_place(found)}"
    except Exception as failure:  # of the hub's client, of whatever it talks through, of a file that does not fit
        if packaged_file(backbone):
            return _from_package(network, backbone)
        raise WeightsError(f"{three_ways(backbone)} ({reason(failure)})") from failure


def _place(found: Found) -> str:
    """Where timm finds weights, for the records of a run."""
    source = found.source
    if source.get("source") == "local-dir":
        return f"folder {Path(source['file']).name}"
    return str(source.get("hf_hub_id") or source.get("url") or found.network.architecture)


def _from_package(network: TimmNetwork, backbone: str) -> tuple[nn.Module, str]:
    made = create(network, backbone)
    return made, load_packaged(made, backbone, str(network.description["classifier"]))


def _from_file(network: TimmNetwork, backbone: str, path: Path) -> tuple[nn.Module, str]:
    state = _with_own_head(create(network, backbone), network, read_state(path, backbone))
    try:
        made = create(network, backbone, pretrained=True, pretrained_cfg={**network.description, "state_dict": state})
    except (RuntimeError, KeyError, AttributeError, TypeError, ValueError) as failure:
        raise WeightsError(
            f'weights "{path}": do not fit {backbone} ({_first_misfit(failure)}); they belong to another architecture: '
            f"give weights of {backbone} or name their --backbone"
        ) from failure
    return made, f"file {path.name}"


def _with_own_head(fresh: nn.Module, network: TimmNetwork, state: StateDict) -> StateDict:
    """A state dict with a fresh network's head in place of the file's, which may be for other classes or missing."""
    heads = network.description.get("classifier") or ()
    starts = tuple(f"{name}." for name in ([heads] if isinstance(heads, str) else heads))
    own = {key: tensor for key, tensor in fresh.state_dict().items() if starts and key.startswith(starts)}
    return {key: tensor for key, tensor in state.items() if not (starts and key.startswith(starts))} | own


def _first_misfit(failure: BaseException) -> str:
    """What torch says first of tensors that do not fit: it heads its list with the name of the network."""
    lines = [line.strip() for line in str(failure).strip().splitlines()] or [type(failure).__name__]
    return lines[min(1, len(lines) - 1)][:_LONGEST]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warnings of timm and of the hub's client, which say over several lines what we say in one."""
    loggers = [logging.getLogger(name) for name in _QUIET]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
