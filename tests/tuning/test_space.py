import dataclasses

import pytest

from nucleoscope.config import Training
from nucleoscope.models.specification import Kind
from nucleoscope.tuning.space import SPACE, Choice, to_ray


@pytest.mark.parametrize("kind", list(Kind))
def test_both_ends_of_every_range_are_settings_that_exist_and_are_allowed(kind):
    for name, found in SPACE[kind].items():
        ends = found.values if isinstance(found, Choice) else (found.low, found.high)
        for value in ends:
            dataclasses.replace(Training(), **{name: value})


@pytest.mark.parametrize("kind", list(Kind))
def test_ray_draws_from_within(kind):
    for name, domain in to_ray(SPACE[kind]).items():
        found = SPACE[kind][name]
        for value in (domain.sample() for _ in range(20)):
            assert value in found.values if isinstance(found, Choice) else found.low <= value <= found.high
