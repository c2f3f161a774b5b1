"""The experiments by name: each is a whole way to train, and changes what its name says of the defaults."""

from dataclasses import dataclass, replace
from typing import Any

from nucleoscope.config import Training
from nucleoscope.data.splits import Protocol
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.presets import SURROUND, training_defaults
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.training.recipe import Recipe
from tissue import recipes


@dataclass(frozen=True)
class Experiment:
    """A way to train.

    Attributes:
        kind: the model.
        training: settings of the fit.
        recipe: what is done with the crops.
        surround: contrast that is left far from the nucleus.
        backbone: of model2.
        normalise: "" | "tile" | "crop" | "grey", see `normalising`.
        wide: crops of so many times the side from the field, at as many pixels, see `wide`.
        surroundings: pictures of so many times the side from the field, of which the network sees several scales.
    """

    kind: Kind
    training: Training
    recipe: type[Recipe] = Recipe
    surround: float = 1.0
    backbone: str = "mobilenet_v2"
    normalise: str = ""
    wide: int = 1
    surroundings: int = 1


def _start(kind: Kind, surroundings: int = 1) -> Experiment:
    """The defaults of `--split tiles --preset fast`, and of its `--surroundings`."""
    training = training_defaults(kind, Protocol.TILES, RunSettings(), surroundings)
    return Experiment(kind, training, surround=SURROUND[kind], surroundings=surroundings)


def _with(start: Experiment, **settings: Any) -> Experiment:
    return replace(start, training=replace(start.training, **settings))


_BASE = _start(Kind.MODEL2)
_SMALL = _start(Kind.MODEL1)

EXPERIMENTS: dict[str, Experiment] = {
    "base": _BASE,
    "strong-stain": replace(_BASE, recipe=recipes.StrongStain),
    "grey": _with(_BASE, grey=1 / 3),
    "grey-half": _with(_BASE, grey=1 / 2),
    "grey-strong": replace(_with(_BASE, grey=1 / 3), recipe=recipes.StrongStain),
    "grey-only": replace(_BASE, normalise="grey"),
    "grey-strong-rate-a-third": replace(_with(_BASE, grey=1 / 3, learning_rate=3e-4), recipe=recipes.StrongStain),
    "restain": replace(_BASE, recipe=recipes.Restain),
    "restain-grey": replace(_with(_BASE, grey=1 / 3), recipe=recipes.Restain),
    "swap": replace(_BASE, recipe=recipes.Swap),
    "erase": replace(_BASE, recipe=recipes.Erase),
    "zoom": replace(_BASE, recipe=recipes.Zoom),
    "mixup": replace(_BASE, recipe=recipes.Mixup),
    "even-tiles": replace(_BASE, recipe=recipes.EvenTiles),
    "group-dro": replace(_BASE, recipe=recipes.GroupRobust),
    "no-fading": replace(_BASE, surround=1.0),
    "all-fading": replace(_BASE, surround=0.0),
    "rate-a-third": _with(_BASE, learning_rate=3e-4),
    "backbone-a-quarter": _with(_BASE, backbone_rate=0.25),
    "frozen-40": _with(_BASE, frozen=0.4),
    "balance-full": _with(_BASE, class_balance=1.0),
    "decay-6": _with(_BASE, weight_decay=0.3),
    "smoothing-15": _with(_BASE, label_smoothing=0.15),
    "normalise-tile": replace(_BASE, normalise="tile"),
    "normalise-crop": replace(_BASE, normalise="crop"),
    "wide-2": replace(_BASE, surround=1.0, wide=2),
    "wide-4": replace(_BASE, surround=1.0, wide=4),
    "around-2": _start(Kind.MODEL2, 2),
    "around-4": _start(Kind.MODEL2, 4),
    "around-4-all": replace(_BASE, surroundings=4),
    "around-4-capped": replace(_with(_BASE, tile_cap=50, epochs=8), surroundings=4),
    "base-capped": _with(_BASE, tile_cap=50, epochs=8),
    "model1": _SMALL,
    "model1-around-2": replace(_SMALL, surroundings=2),
    "model1-strong-stain": replace(_SMALL, recipe=recipes.StrongStain),
    "model1-grey": _with(_SMALL, grey=1 / 3),
    "model1-restain": replace(_SMALL, recipe=recipes.Restain),
    "model1-swap": replace(_SMALL, recipe=recipes.Swap),
}
