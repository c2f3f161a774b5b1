import numpy as np
import pytest

from nucleoscope.tuning.importance import FEWEST, parameter_importance
from nucleoscope.tuning.journal import Status
from nucleoscope.tuning.table import TriedOut, read_tuning


def _trials(count, metric):
    random = np.random.default_rng(0)
    parameters = [{"rate": float(a), "decay": float(b)} for a, b in random.uniform(size=(count, 2))]
    return [
        TriedOut(number, metric(p), 3, Status.FINISHED, "", 1.0, False, p)
        for number, p in enumerate(parameters, start=1)
    ]


def test_the_parameter_that_decides_has_almost_all_of_it():
    found = parameter_importance(_trials(24, lambda p: p["rate"]))
    assert next(iter(found)) == "rate"
    assert found["rate"] > 0.85
    assert sum(found.values()) == pytest.approx(1.0)


def test_too_few_trials_and_equal_ones_have_none():
    assert parameter_importance(_trials(FEWEST - 1, lambda p: p["rate"])) is None
    assert parameter_importance(_trials(FEWEST, lambda p: 0.5)) is None
    assert parameter_importance(_trials(FEWEST, lambda p: None)) is None


def test_a_table_is_read_as_it_was_written(tmp_path):
    table = tmp_path / "tuning.csv"
    table.write_text(
        "trial,select_accuracy,select_loss,epochs,status,reason,seconds,chosen,learning_rate,width\n"
        "1,0.75,0.7,4,finished,,28.6,yes,0.0025,32\n"
        '2,,,1,failed,"loss is nan, in epoch 2",4.0,no,0.01,24\n'
    )
    first, second = read_tuning(table)
    assert (first.metric, first.status, first.chosen) == (0.75, Status.FINISHED, True)
    assert first.parameters == {"learning_rate": 0.0025, "width": 32.0}
    assert (second.metric, second.reason, second.epochs) == (None, "loss is nan, in epoch 2", 1)
