import itertools

import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.presets import training_defaults, trials
from nucleoscope.pipeline.settings import Preset, RunSettings
from nucleoscope.tuning.space import SPACE, Choice


@pytest.mark.parametrize(("kind", "protocol", "preset"), list(itertools.product(Kind, Protocol, Preset)))
def test_the_search_can_start_from_the_defaults(kind, protocol, preset):
    defaults = training_defaults(kind, protocol, RunSettings(preset=preset))
    for name, found in SPACE[kind].items():
        value = getattr(defaults, name)
        assert value in found.values if isinstance(found, Choice) else found.low <= value <= found.high


def test_what_is_said_wins_over_the_preset():
    settings = RunSettings(preset=Preset.FULL, epochs=2, trials=0)
    assert training_defaults(Kind.MODEL1, Protocol.TILES, settings).epochs == 2
    assert trials(settings) == 0
    assert trials(RunSettings(preset=Preset.FULL)) > 0


def test_with_surroundings_large_tiles_and_classes_count_as_much_as_small_ones():
    settings = RunSettings()
    alone, around = (training_defaults(Kind.MODEL2, Protocol.TILES, settings, times) for times in (1, 4))
    assert (alone.tile_cap, alone.class_balance) == (0, 0.5)
    assert (around.tile_cap, around.class_balance, around.epochs) == (50, 1.0, 8)


@pytest.mark.parametrize(
    ("kind", "protocol", "settings"),
    [
        (Kind.MODEL1, Protocol.TILES, RunSettings()),  # it is shown the crop alone
        (Kind.MODEL2, Protocol.RANDOM, RunSettings()),
        (Kind.MODEL2, Protocol.TILES, RunSettings(frozen=True)),
    ],
)
def test_what_else_is_trained_takes_every_crop(kind, protocol, settings):
    assert training_defaults(kind, protocol, settings, 4) == training_defaults(kind, protocol, settings)


def test_what_is_said_wins_with_surroundings_too():
    settings = RunSettings(epochs=2, balance=0.0)
    found = training_defaults(Kind.MODEL2, Protocol.TILES, settings, 4)
    assert (found.epochs, found.class_balance, found.tile_cap) == (2, 0.0, 50)
