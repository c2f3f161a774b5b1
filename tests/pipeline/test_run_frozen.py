"""A model2 of which only the head is trained: the same run folder, from embeddings that are computed once."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
import timm
import torch
import torchvision

from nucleoscope.data.reading import read_pictures
from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import embeddings as embeddings_module
from nucleoscope.pipeline.choice import read_choice
from nucleoscope.pipeline.out_of_fold import Folding, out_of_fold_probabilities
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared, run, run_stage
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.pipeline.surroundings import shown_to
from nucleoscope.prediction import embeddings as prediction_module
from nucleoscope.prediction.engines.export import export_onnx
from nucleoscope.prediction.engines.torch_engine import TorchEngine
from nucleoscope.prediction.probabilities import predict_probabilities
from nucleoscope.prediction.table import read_predictions


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Of a small network: random, but a file that is named."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet10t.pth"
    torch.save(timm.create_model("resnet10t").state_dict(), path)
    return path


@pytest.fixture(scope="module")
def settings(weights):
    return RunSettings(
        models=(Kind.MODEL2,),
        backbone="timm:resnet10t",
        weights=str(weights),
        frozen=True,
        copies=2,
        epochs=3,
        surroundings=1,
        fold=(1, 3),  # measures, and leaves the longer stages out
    )


@pytest.fixture(scope="module")
def folder(competition, settings, tmp_path_factory):
    return run(competition, tmp_path_factory.mktemp("runs") / "frozen", settings)


def test_the_bundle_is_a_normal_one_and_gives_what_was_measured(folder, competition, weights):
    bundle = load_bundle(folder.model(Kind.MODEL2).bundle)
    pretrained = torch.load(weights)
    found = bundle.model.network.state_dict()
    backbone = [name for name in pretrained if not name.startswith("fc.")]
    assert all(torch.equal(found[name], pretrained[name]) for name in backbone)
    measured = read_predictions(folder.model(Kind.MODEL2).predictions)
    crops = read_pictures(competition / "train")
    positions = [crops.names.index(name) for name in measured.names]
    again = predict_probabilities(bundle, crops.images[positions], engine="torch")
    assert np.allclose(again, measured.probabilities, atol=1e-5)
    assert bundle.config.provenance["initial_weights"] == "file resnet10t.pth, frozen: only the head was trained"


def test_the_last_epoch_is_about_what_the_bundle_gets_right(folder):
    files = folder.model(Kind.MODEL2)
    last = files.history.read_text().splitlines()[-1].split(",")
    accuracy = json.loads(files.metrics.read_text())["accuracy"]
    assert float(last[4]) == pytest.approx(accuracy, abs=0.05)  # of 47 crops


def test_embeddings_are_kept_for_all_runs_and_the_same_seed_gives_the_same_head(
    folder, competition, settings, monkeypatch
):
    (kept,) = folder.cache.glob("embeddings-*")
    names = {file.name for file in kept.iterdir()}
    assert names == {"turned-0.npy", "augmented-1-0.npy", "augmented-1-1.npy"}
    monkeypatch.setattr(prediction_module, "_block", None)  # it would fail
    other = run(competition, folder.path.parent / "again", settings)
    one, two = (load_bundle(each.model(Kind.MODEL2).bundle).model.head[1].weight for each in (folder, other))
    assert torch.equal(one, two)
    shutil.rmtree(other.path)


def test_a_hidden_layer_random_split_and_all_views(folder, competition, settings):
    wanted = dataclasses.replace(settings, hidden=8, split="random", views=8)
    other = run(competition, folder.path.parent / "hidden", wanted)
    bundle = load_bundle(other.model(Kind.MODEL2).bundle)
    assert (bundle.config.specification.hidden, bundle.config.views) == (8, 8)
    assert len(bundle.model.head) == 4  # standardise, linear, GELU, linear
    (kept,) = folder.cache.glob("embeddings-*")
    assert {f"turned-{turn}.npy" for turn in range(8)} <= {file.name for file in kept.iterdir()}
    shutil.rmtree(other.path)


@pytest.mark.slow
def test_a_search_tries_heads(folder, competition, settings):
    wanted = dataclasses.replace(settings, trials=2)
    other = run(competition, folder.path.parent / "searched", wanted)
    rows = other.model(Kind.MODEL2).tuning_csv.read_text().splitlines()
    assert len(rows) == 3
    assert {"learning_rate", "weight_decay", "label_smoothing"} <= set(rows[0].split(","))
    assert "backbone_rate" not in rows[0]
    shutil.rmtree(other.path)


def test_labels_are_reviewed_from_the_same_embeddings(folder, monkeypatch):
    monkeypatch.setattr(prediction_module, "_block", None)
    prepared = load_prepared(folder, Silent())
    choice = read_choice(folder.model(Kind.MODEL2).selection)
    state = folder.path / "review-state"
    found = out_of_fold_probabilities(prepared, Kind.MODEL2, choice, Folding(folds=2), state, Silent())
    assert found.shape == (len(prepared.dataset.crops), 4)
    assert np.allclose(found.sum(axis=1), 1.0)


def test_the_test_set_is_predicted_and_the_bundle_exported(folder, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    prepared = load_prepared(folder, Silent())
    run_stage("predict", prepared, Kind.MODEL2, folder, Silent())
    assert folder.model(Kind.MODEL2).submission.exists()
    bundle = load_bundle(folder.model(Kind.MODEL2).bundle)
    export_onnx(bundle.model, prepared.dataset.crops.size, tmp_path / "m.onnx")
    crops = prepared.dataset.crops.images[:4]
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pictures": np.ascontiguousarray(crops)})
    assert np.allclose(found, TorchEngine(bundle.model, exact=True).logits(crops), atol=1e-3)


def test_a_backbone_without_embeddings_is_refused_before_a_folder_is_left_half_done(competition, tmp_path, settings):
    path = tmp_path / "w.pth"
    torch.save(torchvision.models.squeezenet1_1().state_dict(), path)
    wanted = dataclasses.replace(settings, backbone="squeezenet1_1", weights=str(path))
    with pytest.raises(ConfigError, match=r"^squeezenet1_1 ends in Conv2d, not in a linear layer"):
        run(competition, tmp_path / "run", wanted)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"hidden": -1}, "hidden is -1; expected 0 (no hidden layer) or its units, such as 256"),
        ({"copies": 100}, "copies is 100; expected from 0 to 99"),
    ],
)
def test_settings_out_of_range_are_refused(values, expected):
    with pytest.raises(ConfigError) as error:
        RunSettings(**values)
    assert str(error.value) == expected


def test_oblong_crops_have_four_views(folder):
    prepared = load_prepared(folder, Silent())
    crops = prepared.dataset.crops
    oblong = dataclasses.replace(crops, images=crops.images[:, :, :40])
    prepared = dataclasses.replace(prepared, dataset=dataclasses.replace(prepared.dataset, crops=oblong))
    assert len(embeddings_module._turned(prepared)) == 3


def test_a_frozen_model_sees_the_surroundings_too(competition, settings, tmp_path):
    folder = run(competition, tmp_path / "wide", dataclasses.replace(settings, surroundings=2, copies=1))
    bundle = load_bundle(folder.model(Kind.MODEL2).bundle)
    assert bundle.config.specification.size == (96, 96)
    measured = read_predictions(folder.model(Kind.MODEL2).predictions)
    crops = shown_to(Kind.MODEL2, load_prepared(folder, Silent()), Silent()).dataset.crops
    positions = [crops.names.index(name) for name in measured.names]
    again = predict_probabilities(bundle, crops.images[positions], engine="torch")
    assert np.allclose(again, measured.probabilities, atol=1e-5)
