"""The whole job on tiny crops: its files, its promises, and going on after a stop."""

import csv
import json

import numpy as np
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, RunFolderError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.measured import measured_of
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import run as run_module
from nucleoscope.pipeline.run import run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.engines.record import read_record

SETTINGS = RunSettings(trials=0, epochs=2, weights="offline", compare_balance=True)

FILES = {
    "tuning.csv",
    "tuning.png",
    "selection.json",
    "history.csv",
    "curves.png",
    "metrics.json",
    "confusion.csv",
    "confusion.png",
    "predictions.csv",
    "reliability.png",
    "submission.csv",
    "other_balance.json",
    "explanations.json",
    "explanations/atlas.png",
    "explanations/page-01.png",
    "explanations/page-02.png",
    "explanations/trust.png",
    "nucleus.json",
    "nucleus.png",
    "model/model.safetensors",
    "model/config.json",
    "model/README.md",
    "model/engines/engines.json",
    "model/engines/float32.onnx",
    "model/engines/int8.onnx",
}


class Listener(run_module.Silent):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


@pytest.fixture(scope="module")
def first(competition, tmp_path_factory):
    """A whole run of both models, and what it said."""
    listener = Listener()
    return run(competition, tmp_path_factory.mktemp("runs") / "first", SETTINGS, reporter=listener), listener.said


@pytest.fixture(scope="module")
def folder(first):
    return first[0]


def _rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def _files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", list(Kind))
def test_each_model_has_its_files_and_nothing_is_left_over(folder, kind):
    assert _files(folder.model(kind).path) == FILES


def test_the_run_has_its_record(folder):
    record = folder.read()
    stages = {f"{kind}.{stage}" for kind in Kind for stage in run_module.STAGES}
    assert set(record["stages"]) == {"prepare", *stages}
    assert record["settings"]["split"] == "tiles"  # resolved
    audit = json.loads(folder.audit.read_text())
    assert audit["overlapping_pairs"] > 0
    assert audit["leak"]["share"] == 0.0
    assert audit["splits"]["tiles"]["validation"]["crops"] == audit["leak"]["validation_crops"]
    assert audit["splits"]["random"]["validation"]["share"] > 0.5
    assert [row["set"] for row in _rows(folder.tiles)].count("labelled") == audit["crops"]


def test_no_tile_is_on_two_sides_and_every_crop_is_in_one_part(folder):
    rows = _rows(folder.split)
    parts = {}
    for row in rows:
        parts.setdefault(row["tile"], set()).add(row["part"])
    assert all(len(part) == 1 for part in parts.values())
    assert {row["part"] for row in rows} == {"fit", "select", "val"}


@pytest.mark.parametrize("kind", list(Kind))
def test_figures_agree_with_each_other(folder, kind):
    files = folder.model(kind)
    metrics = json.loads(files.metrics.read_text())
    predictions = _rows(files.predictions)
    validation = {row["name"] for row in _rows(folder.split) if row["part"] == "val"}
    assert {row["name"] for row in predictions} == validation
    assert metrics["crops"] == len(predictions)
    right = np.mean([row["label"] == row["predicted"] for row in predictions])
    assert metrics["accuracy"] == pytest.approx(right)
    counts = np.array([[int(v) for v in list(row.values())[1:]] for row in _rows(files.confusion_csv)])
    assert np.diag(counts).sum() / counts.sum() == pytest.approx(right)
    assert metrics["protocol"] == "tiles"
    kept = measured_of(load_bundle(files.bundle).config)
    assert kept is not None
    wanted = metrics | {"alone": metrics["alone"]["accuracy"] if "alone" in metrics else None}
    assert kept.to_mapping() == {
        name: tuple(wanted[name]) if isinstance(wanted[name], list) else wanted[name] for name in kept.to_mapping()
    }
    interval = metrics["accuracy_ci95"]
    assert interval is None or interval[0] <= metrics["accuracy"] <= interval[1]
    history = _rows(files.history)
    assert float(history[-1]["val_accuracy"]) == pytest.approx(right, abs=0.03)  # bfloat16 batches differ in size


@pytest.mark.parametrize("kind", list(Kind))
def test_explanations_say_what_they_are_worth(folder, kind):
    metrics = json.loads(folder.model(kind).metrics.read_text())
    nucleus = json.loads(folder.model(kind).nucleus.read_text())
    assert (nucleus["protocol"], nucleus["crops"]) == ("tiles", metrics["crops"])
    assert nucleus["whole"]["accuracy"] == pytest.approx(metrics["accuracy"], abs=0.03)  # bfloat16, as above
    trust = json.loads((folder.model(kind).path / "explanations.json").read_text())["trust"]
    assert set(trust["methods"]) == {"occlusion", "integrated_gradients", "grad_cam"}


@pytest.mark.parametrize("kind", list(Kind))
def test_remedies_have_a_table_before_and_after(folder, kind):
    remedy = json.loads(folder.model(kind).metrics.read_text())["remedy"]
    for name in ("class_weights", "logit_adjustment"):
        for side in ("before", "after"):
            assert set(remedy[name][side]["recall"]) == set(load_bundle(folder.model(kind).bundle).config.classes)
    assert remedy["logit_adjustment"]["fitted_on"] == "select"
    assert remedy["class_weights"]["applied"]
    assert remedy["class_weights"]["after"] == remedy["logit_adjustment"]["before"]


@pytest.mark.parametrize("kind", list(Kind))
def test_the_submission_has_the_order_of_the_example(folder, competition, kind):
    submission = _rows(folder.model(kind).submission)
    assert [row["Filename"] for row in submission] == [row["Filename"] for row in _rows(competition / "example.csv")]
    assert {row["Label"] for row in submission} <= {"0", "1", "2", "3"}


@pytest.mark.parametrize("kind", list(Kind))
def test_engines_belong_to_the_bundle(folder, kind):
    bundle = load_bundle(folder.model(kind).bundle)
    record = read_record(bundle.folder, bundle.config)  # refuses those of other weights
    assert record.failures == {}
    assert record.engines["openvino"].equal_decisions == 1.0


def test_the_card_says_protocol_and_research_use(folder):
    card = (folder.model(Kind.MODEL2).bundle / "README.md").read_text()
    assert "Research use only" in card
    assert "tiles split" in card


@pytest.mark.usefixtures("short_run")
def test_a_second_run_with_the_same_seed_has_the_same_numbers(folder, competition, tmp_path):
    again = run(competition, tmp_path / "again", RunSettings(trials=0, epochs=2, models=("model1",)))
    files = [folder.model(Kind.MODEL1).predictions, again.model(Kind.MODEL1).predictions]
    assert files[0].read_text() == files[1].read_text()


class KilledError(Exception):
    """As if the process were killed."""


@pytest.mark.usefixtures("short_run")
@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_a_run_that_was_stopped_goes_on_where_it_was(competition, tmp_path, monkeypatch, stage):
    settings = RunSettings(trials=0, epochs=2, models=("model1",))
    done = []

    def killed(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setitem(run_module.STAGES, stage, killed)
        with pytest.raises(KilledError):
            run(competition, tmp_path / "r", settings)
    for name, function in list(run_module.STAGES.items()):

        def spy(*arguments, name=name, function=function):
            done.append(name)
            return function(*arguments)

        monkeypatch.setitem(run_module.STAGES, name, spy)
    folder = run(competition, tmp_path / "r", settings, resume=True)
    stages = ["tune", "train", "engines", "evaluate", "explain", "predict"]
    assert done == stages[stages.index(stage) :]
    assert folder.model(Kind.MODEL1).metrics.is_file()


def test_a_folder_with_a_run_is_not_overwritten(folder, competition):
    with pytest.raises(RunFolderError) as error:
        run(competition, folder.path, SETTINGS)
    assert str(error.value) == (
        f'"{folder.path}" already holds a run; expected a new folder: choose another --out, '
        "or go on with that run with --resume"
    )


def test_a_folder_with_other_things_is_not_written_into(competition, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(RunFolderError) as error:
        run(competition, tmp_path, SETTINGS)
    assert str(error.value) == (
        f'"{tmp_path}" exists and is not an empty folder; expected a new one: choose another --out'
    )


def test_resuming_with_other_settings_is_refused(folder, competition):
    with pytest.raises(RunFolderError) as error:
        run(competition, folder.path, RunSettings(trials=0, epochs=3, weights="offline"), resume=True)
    assert str(error.value) == (
        f'the run in "{folder.path}" was begun with epochs 2, not 3; '
        "resume with the same command, or choose another --out"
    )


def test_bad_data_leaves_no_folder(tmp_path):
    with pytest.raises(Exception, match="does not exist"):
        run(tmp_path / "nowhere", tmp_path / "out", RunSettings(models=("model1",)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "patients"}, 'unknown split "patients"; expected random or tiles'),
        ({"preset": "slow"}, 'unknown preset "slow"; expected fast or full'),
        ({"models": ("model3",)}, 'unknown model "model3"; expected model1 or model2'),
        ({"models": ()}, "no model named; expected model1, model2 or model1,model2"),
        ({"val_fraction": 1.5}, "val_fraction is 1.5; expected more than 0 and less than 1, such as 0.3"),
        ({"trials": -1}, "trials is -1; expected 0 (no search) or more"),
        ({"epochs": 0}, "epochs is 0; expected 1 or more"),
        ({"views": 4}, "views is 4; expected 1 or 8"),
        ({"fold": (3, 2)}, "fold is (3, 2); expected one of two folds or more, such as (1, 5)"),
        ({"coverage": 1.0}, "coverage is 1.0; expected more than 0 and less than 1, such as 0.95"),
        ({"balance": 2.0}, "balance is 2.0; expected from 0 (no class weights) to 1 (full)"),
        ({"mpp": 0.0}, "mpp is 0.0; expected micrometres per pixel, such as 0.25"),
    ],
)
def test_settings_outside_their_range_fail(changes, message):
    with pytest.raises(ConfigError) as error:
        RunSettings(**changes)
    assert str(error.value) == message


def _accuracies(said):
    """The lines that name one; what is said of the curves compares two of them."""
    return [line for line in said if "accuracy" in line and "above the validation accuracy" not in line]


def test_whoever_names_an_accuracy_names_its_protocol(first):
    accuracies = _accuracies(first[1])
    assert len([line for line in accuracies if "Without the nucleus" in line]) == len(Kind)
    assert all("tiles split" in line or "random split" in line for line in accuracies)


@pytest.mark.usefixtures("short_run")
def test_a_random_split_says_what_it_leaks(competition, tmp_path):
    listener = Listener()
    settings = RunSettings(split=Protocol.RANDOM, trials=0, epochs=1, models=("model1",))
    run(competition, tmp_path / "r", settings, reporter=listener)
    accuracies = _accuracies(listener.said)
    assert accuracies
    assert all("random split" in line for line in accuracies)
    assert any("share pixels with a training crop: these figures measure memory" in line for line in listener.said)
