"""Default settings of the fits by model, protocol and preset, as measured in docs/benchmarks.md."""

from dataclasses import replace

from nucleoscope.config import Training
from nucleoscope.data.splits import Protocol
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.settings import Preset, RunSettings
from nucleoscope.prediction.views import ALL_VIEWS

_DEFAULTS = {
    Kind.MODEL1: Training(learning_rate=2.5e-3, weight_decay=0.2, label_smoothing=0.09, batch_size=64),
    Kind.MODEL2: Training(learning_rate=1e-3, batch_size=32),
}
# A head alone, on standardised embeddings: an epoch costs next to nothing.
_HEAD = Training(learning_rate=1e-3, batch_size=128, weight_decay=0.2, label_smoothing=0.05)
_HEAD_EPOCHS = 30
_COPIES = {Preset.FAST: 3, Preset.FULL: 7}
# On tiles that were never seen, stain and colour differ: jitter that costs a little at home pays there.
_AUGMENTATION = {
    (Kind.MODEL1, Protocol.RANDOM): 0.07,
    (Kind.MODEL2, Protocol.RANDOM): 0.0,
    (Kind.MODEL1, Protocol.TILES): 1.0,
    (Kind.MODEL2, Protocol.TILES): 1.0,
}
_BALANCE = {Protocol.RANDOM: 0.0, Protocol.TILES: 0.5}
_EPOCHS = {
    (Kind.MODEL1, Preset.FAST): 7,
    (Kind.MODEL1, Preset.FULL): 16,
    (Kind.MODEL2, Preset.FAST): 6,
    (Kind.MODEL2, Preset.FULL): 8,
}
# Contrast left far from the nucleus: model1 finds the centre by its own pooling, a pretrained network is helped.
SURROUND = {Kind.MODEL1: 1.0, Kind.MODEL2: 0.3}
SURROUNDINGS = 4
"""Times the width of a crop that model2 is shown under `tiles`, where crops share pixels."""

# Shown that much, it sees as much of a small tile as of a large one, and classes weigh the same.
_TILE_CAP_AROUND, _BALANCE_AROUND, _EPOCHS_AROUND = 50, 1.0, 8

_VIEWS = {Preset.FAST: 1, Preset.FULL: ALL_VIEWS}
_TRIALS = {Preset.FAST: 0, Preset.FULL: 6}


def training_defaults(kind: Kind, protocol: Protocol, settings: RunSettings, surroundings: int = 1) -> Training:
    """What a fit uses where no search says otherwise.

    Args:
        kind: of model.
        protocol: of the split.
        settings: of the run; what they say wins.
        surroundings: times the width of a crop that model2 is shown.
    """
    found = _usual(kind, protocol, settings)
    if kind is Kind.MODEL2 and protocol is Protocol.TILES and surroundings > 1 and not settings.frozen:
        found = replace(found, epochs=_EPOCHS_AROUND, tile_cap=_TILE_CAP_AROUND, class_balance=_BALANCE_AROUND)
    balance = found.class_balance if settings.balance is None else settings.balance
    return replace(found, epochs=settings.epochs or found.epochs, class_balance=balance)


def _usual(kind: Kind, protocol: Protocol, settings: RunSettings) -> Training:
    """The defaults where nothing else is known."""
    head = settings.frozen and kind is Kind.MODEL2
    return replace(
        _HEAD if head else _DEFAULTS[kind],
        augmentation=_AUGMENTATION[kind, protocol],
        class_balance=_BALANCE[protocol],
        epochs=_HEAD_EPOCHS if head else _EPOCHS[kind, settings.preset],
    )


def views(settings: RunSettings) -> int:
    """Of each crop that is predicted; see `prediction.views`."""
    return _VIEWS[settings.preset] if settings.views is None else settings.views


def copies(settings: RunSettings) -> int:
    """Changed copies of each crop that are embedded for a frozen model2, beside the crop itself."""
    return _COPIES[settings.preset] if settings.copies is None else settings.copies


def trials(settings: RunSettings) -> int:
    """How many configurations a search tries; 0 for none."""
    return _TRIALS[settings.preset] if settings.trials is None else settings.trials
