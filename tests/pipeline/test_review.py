"""A label review of a tiny run: its files, its folds, and what it never writes over."""

import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest

from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, DataError, RunFolderError
from nucleoscope.evaluation.plots.contact_sheet import PER_SHEET
from nucleoscope.files import write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import out_of_fold, review
from nucleoscope.pipeline.choice import read_choice
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.out_of_fold import Folding, out_of_fold_probabilities
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.review import review_cross_validation, review_labels
from nucleoscope.pipeline.review_files import HEADER
from nucleoscope.pipeline.run import load_prepared, run
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.table import write_predictions

FOLDING = Folding(Protocol.RANDOM, 2)

pytestmark = pytest.mark.usefixtures("short_runs")


@pytest.fixture(scope="module")
def folder(competition, tmp_path_factory, short_runs):
    settings = RunSettings(trials=0, epochs=1, models=("model1",), split="random")
    return run(competition, tmp_path_factory.mktemp("runs") / "first", settings)


@pytest.fixture(scope="module")
def prepared(folder):
    return load_prepared(folder, Silent())


@pytest.fixture(scope="module")
def choice(folder):
    return read_choice(folder.model(Kind.MODEL1).selection)


@pytest.fixture(scope="module")
def reviewed(prepared, folder):
    """The review, and the folder it was written to."""
    review = review_labels(prepared, Kind.MODEL1, folder.model(Kind.MODEL1), FOLDING, Silent())
    return review, folder.model(Kind.MODEL1).review


def rows(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_table_holds_the_suspects_with_room_for_corrections(reviewed, prepared):
    review, out = reviewed
    crops = prepared.dataset.crops
    table = rows(out / "labels.csv")
    assert table
    assert tuple(table[0]) == HEADER
    assert [row["name"] for row in table] == [crops.names[i] for i in review.found.index]
    assert all(row["corrected"] == "" for row in table)
    assert all(row["label"] != row["suggested"] for row in table)
    qualities = [float(row["quality"]) for row in table]
    assert qualities == sorted(qualities)
    for row in table:
        assert row["label"] == crops.classes[crops.targets()[crops.names.index(row["name"])]]
        assert float(row["probability_suggested"]) >= float(row["probability_label"])


def test_the_record_says_how_it_was_found(reviewed, prepared):
    review, out = reviewed
    record = json.loads((out / "review.json").read_text())
    assert (record["protocol"], record["folds"], record["seed"]) == ("random", 2, 0)
    assert record["crops"] == len(prepared.dataset.crops)
    assert record["suspected"] == record["listed"] == len(review.found)
    assert sum(found["suspected"] for found in record["per_class"].values()) == len(review.found)
    assert sum(found["suggested"] for found in record["per_class"].values()) == len(review.found)
    assert sum(pair["crops"] for pair in record["pairs"]) == len(review.found)
    assert sum(found["crops"] for found in record["per_class"].values()) == record["crops"]
    sheets = sorted(path.name for path in out.glob("*.png"))
    assert record["sheets"] == sheets
    assert len(sheets) == -(-len(review.found) // PER_SHEET)


def test_every_crop_is_judged_by_a_model_that_did_not_see_it(prepared, choice, tmp_path, monkeypatch):
    seen, fit = [], out_of_fold.fit_final

    def spy(fold, *arguments):
        seen.append((fold.split.train, fold.split.val))
        return fit(fold, *arguments)

    monkeypatch.setattr(out_of_fold, "fit_final", spy)
    found = out_of_fold_probabilities(prepared, Kind.MODEL1, choice, FOLDING, tmp_path / "folds", Silent())
    assert np.allclose(found.sum(axis=1), 1)
    assert all(not np.intersect1d(train, held_out).size for train, held_out in seen)
    crops = np.arange(len(prepared.dataset.crops))
    assert np.array_equal(np.sort(np.concatenate([held_out for _, held_out in seen])), crops)


class KilledError(Exception):
    """As if the process were killed."""


def test_a_review_that_was_stopped_goes_on_where_it_was(prepared, choice, reviewed, tmp_path, monkeypatch):
    state, fitted, fit = tmp_path / "folds", [], out_of_fold.fit_final

    def killed_in_the_second(fold, kind, settings, keep, checkpoint, bar):
        if fitted:
            raise KilledError
        fitted.append(checkpoint.name)
        return fit(fold, kind, settings, keep, checkpoint, bar)

    with monkeypatch.context() as patch:
        patch.setattr(out_of_fold, "fit_final", killed_in_the_second)
        with pytest.raises(KilledError):
            out_of_fold_probabilities(prepared, Kind.MODEL1, choice, FOLDING, state, Silent())
    assert sorted(path.name for path in state.iterdir()) == ["fold-1.npy", "plan.json"]

    def spy(fold, kind, settings, keep, checkpoint, bar):
        fitted.append(checkpoint.name)
        return fit(fold, kind, settings, keep, checkpoint, bar)

    monkeypatch.setattr(out_of_fold, "fit_final", spy)
    found = out_of_fold_probabilities(prepared, Kind.MODEL1, choice, FOLDING, state, Silent())
    assert fitted == ["checkpoint-1.pt", "checkpoint-2.pt"]
    assert np.array_equal(found, reviewed[0].probabilities)


def test_unfinished_folds_are_not_thrown_away_for_others(prepared, choice, tmp_path, monkeypatch):
    state = tmp_path / "folds"

    def killed(*_):
        raise KilledError

    monkeypatch.setattr(out_of_fold, "fit_final", killed)
    with pytest.raises(KilledError):
        out_of_fold_probabilities(prepared, Kind.MODEL1, choice, FOLDING, state, Silent())
    with pytest.raises(RunFolderError) as error:
        out_of_fold_probabilities(prepared, Kind.MODEL1, choice, Folding(Protocol.RANDOM, 3), state, Silent())
    assert str(error.value) == (
        f'"{state}" holds unfinished folds that were begun with folds 2, not 3; '
        "finish them with the same command, or remove that folder"
    )


def test_folds_of_other_settings_are_not_used(prepared, choice, reviewed, tmp_path):
    state = tmp_path / "folds"
    other = dataclasses.replace(choice, temperature=choice.temperature * 2)
    found = out_of_fold_probabilities(prepared, Kind.MODEL1, other, FOLDING, state, Silent())
    assert not np.allclose(found, reviewed[0].probabilities)
    again = out_of_fold_probabilities(prepared, Kind.MODEL1, choice, FOLDING, state, Silent())
    assert np.array_equal(again, reviewed[0].probabilities)
    assert [path.name for path in tmp_path.iterdir()] == ["folds"]


def test_a_second_review_is_quick_and_leaves_no_old_sheet(prepared, folder, reviewed, tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError

    monkeypatch.setattr(out_of_fold, "fit_final", never)
    model = folder.model(Kind.MODEL1)
    first = review_labels(prepared, Kind.MODEL1, model, FOLDING, Silent(), out=tmp_path)
    assert len(first.listed) > PER_SHEET, "the fixture is to fill more than one sheet"
    second = review_labels(prepared, Kind.MODEL1, model, FOLDING, Silent(), out=tmp_path, limit=3)
    assert np.array_equal(second.listed.index, first.listed.index[:3])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["labels.csv", "review-01.png", "review.json"]
    assert len(rows(tmp_path / "labels.csv")) == 3
    assert json.loads((tmp_path / "review.json").read_text())["suspected"] == len(first.found)


def test_an_edited_table_is_not_written_over(prepared, folder, reviewed, tmp_path):
    model = folder.model(Kind.MODEL1)
    review_labels(prepared, Kind.MODEL1, model, FOLDING, Silent(), out=tmp_path)
    table = tmp_path / "labels.csv"
    edited = table.read_text().replace(",\n", ",drop\n", 1)
    table.write_text(edited)
    with pytest.raises(RunFolderError) as error:
        review_labels(prepared, Kind.MODEL1, model, FOLDING, Silent(), out=tmp_path)
    assert str(error.value) == (
        f'"{table}" is not as a review wrote it, so somebody edited it; expected an untouched one or none: '
        "move it away, or write elsewhere with --out"
    )
    assert table.read_text() == edited


def test_what_was_reviewed_is_fed_back(prepared, folder, reviewed, competition, tmp_path):
    model = folder.model(Kind.MODEL1)
    review_labels(prepared, Kind.MODEL1, model, FOLDING, Silent(), out=tmp_path)
    table = rows(tmp_path / "labels.csv")
    table[0]["corrected"], table[1]["corrected"] = table[0]["suggested"], "drop"
    with (tmp_path / "edited.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, HEADER)
        writer.writeheader()
        writer.writerows(table)
    said = []

    class Listener(Silent):
        def say(self, text):
            said.append(text)

    settings = RunSettings(trials=0, epochs=1, models=("model1",), corrections=str(tmp_path / "edited.csv"))
    corrected = run(competition, tmp_path / "again", settings, reporter=Listener())
    assert f"1 label corrected, 1 crop dropped as {tmp_path / 'edited.csv'} says" in said
    assert corrected.read()["settings"]["corrections"] == str(tmp_path / "edited.csv")
    once = load_prepared(corrected, Silent())
    review_labels(once, Kind.MODEL1, corrected.model(Kind.MODEL1), FOLDING, Listener(), limit=1)
    assert said[-1] == (
        "look at the sheets, write a class or drop into the column corrected, and run again with --corrections "
        f"{corrected.model(Kind.MODEL1).review / 'labels.csv'}; add the rows of {tmp_path / 'edited.csv'}, or they "
        "are lost"
    )
    crops = once.dataset.crops
    assert table[1]["name"] not in crops.names
    assert crops.classes[crops.targets()[crops.names.index(table[0]["name"])]] == table[0]["suggested"]
    (tmp_path / "edited.csv").write_text("name,corrected\n")
    with pytest.raises(RunFolderError, match="changed since the run in"):
        load_prepared(corrected, Silent())


def test_folds_by_tile_keep_tiles_together(prepared, choice, tmp_path, monkeypatch):
    seen, fit = [], out_of_fold.fit_final

    def spy(fold, *arguments):
        seen.append(fold.split)
        return fit(fold, *arguments)

    monkeypatch.setattr(out_of_fold, "fit_final", spy)
    folding = Folding(Protocol.TILES, 2)
    out_of_fold_probabilities(prepared, Kind.MODEL1, choice, folding, tmp_path / "folds", Silent())
    for split in seen:
        assert not np.intersect1d(split.tile[split.train], split.tile[split.val]).size


@pytest.mark.parametrize(("protocol", "cap"), [(Protocol.RANDOM, 0), (Protocol.TILES, 50)])
def test_at_random_crops_are_judged_by_all_others_of_their_tile(prepared, choice, tmp_path, monkeypatch, protocol, cap):
    model, asked = RunFolder(tmp_path).model(Kind.MODEL1), []
    model.path.mkdir(parents=True)
    capped = dataclasses.replace(choice, settings=dataclasses.replace(choice.settings, tile_cap=50))
    write_json(model.selection, capped.to_mapping())

    def spy(_prepared, _kind, choice, *_rest):
        asked.append(choice.settings.tile_cap)
        raise KilledError

    monkeypatch.setattr(review, "out_of_fold_probabilities", spy)
    with pytest.raises(KilledError):
        review_labels(prepared, Kind.MODEL1, model, Folding(protocol, 2), Silent())
    assert asked == [cap]


def test_a_class_on_one_tile_cannot_be_reviewed_by_tiles(prepared, choice, tmp_path):
    labels = prepared.dataset.crops.targets()
    tile = np.where(labels == 2, prepared.split.tile.max() + 1, prepared.split.tile)
    lonely = dataclasses.replace(prepared, split=dataclasses.replace(prepared.split, tile=tile))
    with pytest.raises(DataError) as error:
        out_of_fold_probabilities(lonely, Kind.MODEL1, choice, Folding(Protocol.TILES, 2), tmp_path / "f", Silent())
    assert str(error.value) == (
        f'all crops of class "{prepared.classes[2]}" are in one fold, so the model that judges them would not know '
        "their class; expected every class in two folds or more: review with --split random"
    )
    assert not (tmp_path / "f").exists()


def test_a_review_needs_settings_that_were_chosen(prepared, folder):
    model = folder.model(Kind.MODEL2)
    with pytest.raises(RunFolderError) as error:
        review_labels(prepared, Kind.MODEL2, model, FOLDING, Silent())
    assert str(error.value) == (
        f'"{model.selection}" is missing: no settings were chosen yet; run `nucleoscope tune` first'
    )
    assert not model.path.exists()


def test_options_outside_their_range_fail(prepared, folder):
    with pytest.raises(ConfigError) as error:
        Folding(Protocol.RANDOM, 1)
    assert str(error.value) == "folds is 1; expected 2 or more, such as 4"
    with pytest.raises(ConfigError) as error:
        review_labels(prepared, Kind.MODEL1, folder.model(Kind.MODEL1), FOLDING, Silent(), limit=0)
    assert str(error.value) == "limit is 0; expected 1 or more"


def test_a_cross_validation_is_reviewed_by_its_own_predictions(prepared, folder, reviewed, tmp_path):
    crops = prepared.dataset.crops
    shutil.copytree(folder.path, tmp_path / "fold-1")
    write_json(tmp_path / "runs.json", {"runs": ["fold-1", "fold-2"]})
    order = np.random.default_rng(0).permutation(len(crops))  # folds pool them in another order
    write_json(tmp_path / "model1" / "metrics.json", {"protocol": "random"})
    names = [crops.names[i] for i in order]
    predictions = tmp_path / "model1" / "predictions.csv"
    write_predictions(predictions, names, crops.classes, reviewed[0].probabilities[order], crops.targets()[order])
    found = review_cross_validation(RunFolder(tmp_path), Kind.MODEL1, Silent())
    assert np.allclose(found.probabilities, reviewed[0].probabilities, atol=1e-5)
    assert set(found.found.index) == set(reviewed[0].found.index)
    record = json.loads((tmp_path / "model1" / "review" / "review.json").read_text())
    assert (record["protocol"], record["folds"], record["runs"]) == ("random", 2, ["fold-1", "fold-2"])


def test_an_unfinished_cross_validation_cannot_be_reviewed(tmp_path):
    write_json(tmp_path / "runs.json", {"runs": ["fold-1", "fold-2"]})
    with pytest.raises(RunFolderError) as error:
        review_cross_validation(RunFolder(tmp_path), Kind.MODEL2, Silent())
    assert str(error.value) == (
        f'"{tmp_path}" has no pooled predictions of model2; finish the cross-validation with --resume, or take '
        "another --model"
    )
