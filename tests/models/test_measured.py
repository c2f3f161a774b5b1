import dataclasses
import json

import pytest

from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.bundle import BundleConfig
from nucleoscope.models.measured import Measured, measured_of, with_measured
from nucleoscope.models.specification import Kind, Specification

CONFIG = BundleConfig(
    Specification(Kind.MODEL1, 2, (32, 32)), ("a", "b"), (0, 1), (0.5,) * 3, (0.2,) * 3, provenance={"seed": 1}
)
MEASURED = Measured("random", 1200, 1, 0.9, (0.85, 0.93), 0.88, 0.87, 0.02)


@pytest.mark.parametrize("measured", [MEASURED, dataclasses.replace(MEASURED, accuracy_ci95=None, alone=0.8)])
def test_it_comes_back_from_json_beside_what_was_there(measured):
    provenance = json.loads(json.dumps(with_measured(CONFIG, measured).provenance))
    assert provenance["seed"] == 1
    assert measured_of(dataclasses.replace(CONFIG, provenance=provenance)) == measured


def test_what_was_not_measured_is_none():
    assert measured_of(CONFIG) is None


def test_it_is_quoted_with_its_protocol():
    assert MEASURED.sentence() == (
        "90.0% accuracy (95 % interval 85.0% to 93.0%; random split, 1,200 validation crops, seed 1)"
    )
    assert dataclasses.replace(MEASURED, accuracy_ci95=None).sentence() == (
        "90.0% accuracy (too few tiles for an interval; random split, 1,200 validation crops, seed 1)"
    )
    assert dataclasses.replace(MEASURED, alone=0.8).sentence() == (
        "90.0% accuracy (95 % interval 85.0% to 93.0%; random split, 1,200 validation crops, seed 1; 80.0% where "
        "nothing but the crop itself is known)"
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "list indices must be integers or slices, not str"),
        ({}, "'accuracy_ci95'"),
        ({"accuracy_ci95": [0.1]}, "list index out of range"),
    ],
)
def test_damage_is_one_line(values, reason):
    with pytest.raises(RunFolderError) as error:
        measured_of(dataclasses.replace(CONFIG, provenance={"measured": values}))
    assert str(error.value) == (
        f'"measured" in the config.json of the bundle is damaged ({reason}); expected what `nucleoscope evaluate` '
        "wrote: run it again"
    )


def test_an_unknown_figure_is_refused():
    values = {**MEASURED.to_mapping(), "acuracy": 1.0}
    with pytest.raises(ConfigError, match=r'unknown setting "acuracy" of Measured; did you mean "accuracy"'):
        measured_of(dataclasses.replace(CONFIG, provenance={"measured": values}))
