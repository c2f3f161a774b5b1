"""Which models a folder holds: of a run, of both protocols, of folds."""

import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.files import write_json
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.model_results import find_models, find_results


@pytest.fixture
def make_run():
    def make(path, protocol="random"):
        metrics = {"protocol": protocol, "accuracy": 0.5, "accuracy_ci95": [0.4, 0.6], "crops": 60}
        write_json(path / "model1" / "metrics.json", metrics)
        (path / "model1" / "predictions.csv").write_text("name,label,predicted\n")
        return path

    return make


def test_a_run_has_the_models_that_were_begun_and_the_results_of_those_evaluated(make_run, tmp_path):
    make_run(tmp_path)
    (tmp_path / "model2").mkdir()
    folder = RunFolder(tmp_path)
    assert [place.key for place in find_models(folder)] == ["model1", "model2"]
    (result,) = find_results(folder)
    assert (result.place.key, result.protocol, result.place.run) == ("model1", Protocol.RANDOM, folder)
    assert result.sentence() == ("50.0% accuracy (95 % interval 40.0% to 60.0%; random split, 60 validation crops)")


def test_both_protocols_are_told_apart(make_run, tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["random", "tiles"]})
    for protocol in Protocol:
        make_run(tmp_path / protocol, protocol)
    results = find_results(RunFolder(tmp_path))
    assert [(one.place.key, one.protocol) for one in results] == [
        ("random-model1", Protocol.RANDOM),
        ("tiles-model1", Protocol.TILES),
    ]
    assert [one.place.run.path.name for one in results] == ["random", "tiles"]


def test_folds_are_one_result_pooled_and_each_its_own_until_then(make_run, tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["fold-1", "fold-2"]})
    for name in ("fold-1", "fold-2"):
        make_run(tmp_path / name)
    folder = RunFolder(tmp_path)
    assert [one.place.key for one in find_results(folder)] == ["fold-1-model1", "fold-2-model1"]
    make_run(tmp_path)
    (pooled,) = find_results(folder)
    assert (pooled.place.key, pooled.place.folds, pooled.place.run.path.name) == ("model1", 2, "fold-1")


def test_runs_in_a_folder_share_their_decisions_and_their_cache(make_run, tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["random", "tiles"]})
    inner = RunFolder(make_run(tmp_path / "random"))
    assert inner.decisions == RunFolder(tmp_path).decisions == tmp_path.resolve() / "decisions.sqlite"
    assert inner.cache == RunFolder(tmp_path).cache == tmp_path.resolve().parent / ".nucleoscope-cache"
