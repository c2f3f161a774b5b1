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
