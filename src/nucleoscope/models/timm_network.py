"""`TimmNetwork`: what timm must be told to build a network again, without the hub that it came from."""

import difflib
import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nucleoscope.config import Settings
from nucleoscope.errors import ConfigError, WeightsError
from nucleoscope.models.hub_cards import card_arguments

PREFIX = "timm:"
_HUB, _FOLDER = "hf-hub:", "local-dir:"
_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")

# Of what timm keeps with pretrained weights: all that decides how the network is built and what it wants to see.
_DESCRIPTION = (
    "input_size",
    "min_input_size",
    "fixed_input_size",
    "pool_size",
    "mean",
    "std",
    "num_classes",
    "first_conv",
    "classifier",
)


@dataclass(frozen=True)
class TimmNetwork(Settings):
    """A network of timm.

    Attributes:
        architecture: its name in timm's registry, without a tag.
        arguments: of `timm.create_model`; `mlp_layer` is the name of a class in `timm.layers`.
        description: the part of timm's pretrained configuration that does not depend on where weights come from.
    """

    architecture: str
    arguments: dict[str, Any]
    description: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A network as a backbone's name leads to it.

    Attributes:
        network: to build it again.
        source: timm's pretrained configuration, which says where its weights are.
    """

    network: TimmNetwork
    source: dict[str, Any]


def is_timm(backbone: str) -> bool:
    """Whether a backbone is one of timm."""
    return backbone.startswith(PREFIX)


def import_timm(backbone: str) -> ModuleType:
    """Timm, which is optional.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module("timm")
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f'backbone "{backbone}" needs the package timm, which is not installed: pip install '
            "'nucleoscope[timm]', or take a network of torchvision"
        ) from missing


def check_timm_backbone(backbone: str) -> None:
    """Refuse a name that timm does not know; what the hub or a folder holds is not looked at.

    Raises:
        ConfigError: with the nearest known name, or with what is expected; or timm is not installed.
    """
    timm = import_timm(backbone)
    name = backbone.removeprefix(PREFIX)
    if name.startswith(_HUB):
        if not _HUB_NAME.fullmatch(name.removeprefix(_HUB)):
            raise ConfigError(
                f'backbone "{backbone}" names no model of the hub; expected {PREFIX}{_HUB}owner/name, such as '
                f"{PREFIX}{_HUB}MahmoodLab/UNI"
            )
    elif name.startswith(_FOLDER):
        folder = Path(name.removeprefix(_FOLDER))
        if not (folder / "config.json").is_file():
            raise ConfigError(
                f'backbone "{backbone}": "{folder}" has no config.json; expected a folder with config.json and weights '
                "as timm's save_for_hf writes them"
            )
    elif timm.get_pretrained_cfg(name) is None:
        known = [*timm.list_models(), *timm.list_pretrained()]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f'did you mean "{PREFIX}{near[0]}"?' if near else "see timm.list_models()"
        raise ConfigError(
            f'unknown backbone "{backbone}"; expected one of timm\'s {len(timm.list_models()):,} networks, '
            f"{PREFIX}{_HUB}owner/name or {PREFIX}{_FOLDER}PATH; {hint}"
        )


def absolute(backbone: str) -> str:
    """The backbone's name as a later process in another folder finds it."""
    start = PREFIX + _FOLDER
    return start + str(Path(backbone.removeprefix(start)).resolve()) if backbone.startswith(start) else backbone


def without_path(backbone: str) -> str:
    """The backbone's name for people: of a folder its last part."""
    start = PREFIX + _FOLDER
    return start + Path(backbone.removeprefix(start)).name if backbone.startswith(start) else backbone


def find_network(backbone: str) -> Found:
    """Look a network up in timm's registry, on the hub (or in its cache), or in a folder.

    Raises:
        ConfigError: the name is unknown, or what it leads to is no model of timm.
        WeightsError: the hub cannot be reached, or does not give this model to this user.
    """
    check_timm_backbone(backbone)
    name = backbone.removeprefix(PREFIX)
    if name.startswith(_HUB):
        return _from_config(backbone, *_read_hub(backbone, name.removeprefix(_HUB)))
    if name.startswith(_FOLDER):
        return _from_config(backbone, *_read_folder(backbone, name.removeprefix(_FOLDER)))
    timm = import_timm(backbone)
    source = timm.get_pretrained_cfg(name).to_dict()
    return Found(TimmNetwork(timm.models.get_arch_name(name), {}, _describe(source)), source)


def _read_hub(backbone: str, model_id: str) -> tuple[dict[str, Any], str, dict[str, Any]]:
    timm = import_timm(backbone)
    try:
        source, architecture, arguments = timm.models.load_model_config_from_hf(model_id)
    except Exception as failure:  # of the hub's client, of whatever it talks through, of JSON
        raise WeightsError(
            f'backbone "{backbone}": its config.json cannot be had ({reason(failure)}); expected a network connection '
            "or a filled cache, and for a gated model your access to it (ask on its page, then `hf auth login`); or "
            f"name a folder that holds it: {PREFIX}{_FOLDER}PATH"
        ) from failure
    return source, architecture, {**card_arguments(model_id), **arguments}


def _read_folder(backbone: str, folder: str) -> tuple[dict[str, Any], str, dict[str, Any]]:
    import_timm(backbone)
    hub = importlib.import_module("timm.models._hub")  # the only place where timm has it
    try:
        source, architecture, arguments = hub.load_model_config_from_path(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise ConfigError(
            f'backbone "{backbone}": config.json is damaged ({reason(failure)}); expected what timm\'s save_for_hf '
            'writes, with "architecture" and "pretrained_cfg"'
        ) from failure
    return source, architecture, arguments


def _from_config(backbone: str, source: dict[str, Any], architecture: str, arguments: dict[str, Any]) -> Found:
    timm = import_timm(backbone)
    if not timm.is_model(architecture):
        raise ConfigError(
            f'backbone "{backbone}": its config.json names the architecture "{architecture}", which timm '
            f"{timm.__version__} does not know; expected a model of timm: a newer timm may have it"
        )
    known = timm.models.PretrainedCfg.__dataclass_fields__
    source = timm.models.PretrainedCfg(**{key: value for key, value in source.items() if key in known}).to_dict()
    return Found(TimmNetwork(architecture, arguments, _describe(source)), source)


def _describe(source: dict[str, Any]) -> dict[str, Any]:
    """The part of a pretrained configuration that a bundle keeps, as JSON gives it back."""
    kept = {key: source[key] for key in _DESCRIPTION if source.get(key) is not None}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in kept.items()}


def reason(failure: BaseException) -> str:
    """Kind and first line of what a library says, short enough for a line of our own."""
    first = (str(failure).strip().splitlines() or [""])[0]
    return f"{type(failure).__name__}: {first[:160]}"
