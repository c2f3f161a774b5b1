"""A run whose models see more of the field than the crop."""

import csv
import dataclasses
import json
import re

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image

from nucleoscope.data.centre import crop_in
from nucleoscope.data.concealing import with_unknown_surroundings
from nucleoscope.data.crops import Crops
from nucleoscope.data.reading import read_dataset, read_pictures
from nucleoscope.data.splits import Protocol
from nucleoscope.errors import ConfigError, DataError, RunFolderError
from nucleoscope.explanation import nucleus as nucleus_module
from nucleoscope.models.bundle import load_bundle
from nucleoscope.models.measured import measured_of
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline import both as both_module
from nucleoscope.pipeline import explain as explain_module
from nucleoscope.pipeline import review as review_module
from nucleoscope.pipeline import run as run_module
from nucleoscope.pipeline import select as select_module
from nucleoscope.pipeline import surroundings as surroundings_module
from nucleoscope.pipeline.folds import run_folds
from nucleoscope.pipeline.out_of_fold import Folding
from nucleoscope.pipeline.predict import predict_crops
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.pipeline.run import load_prepared, run, run_stage
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.pipeline.surroundings import shown_to
from nucleoscope.prediction.probabilities import predict_probabilities

MODELS = (Kind.MODEL1, Kind.MODEL2)


class Listener(Silent):
    def __init__(self):
        self.told = []

    def say(self, text):
        self.told.append(text)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Of a short run with a small network: random weights, but a file that is named."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "resnet10t.pth"
    torch.save(timm.create_model("resnet10t").state_dict(), path)
    return RunSettings(
        models=MODELS,
        backbone="timm:resnet10t",
        weights=str(path),
        mpp=0.25,
        split="tiles",
        epochs=1,
        fold=(1, 3),  # measures, and leaves the longer stages out
    )


@pytest.fixture(scope="module")
def folder(competition, settings, tmp_path_factory):
    """By default, model2 is shown what lies around the crops."""
    return run(competition, tmp_path_factory.mktemp("runs") / "wide", settings)


def test_model2_sees_four_times_the_width_and_model1_the_crop(folder):
    one, other = (load_bundle(folder.model(kind).bundle).config for kind in MODELS)
    assert (one.specification.size, one.specification.surroundings, one.mpp) == ((48, 48), 1, 0.25)
    assert (other.specification.size, other.specification.surroundings, other.mpp) == ((192, 192), 4, 0.25)
    assert other.specification.crop_size == (48, 48)
    assert json.loads(folder.model(Kind.MODEL2).metrics.read_text())["protocol"] == "tiles"
    assert folder.read()["settings"]["surroundings"] == 4


def test_large_tiles_are_cut_and_the_run_says_so(folder):
    prepared, listener = shown_to(Kind.MODEL2, load_prepared(folder, Silent()), Silent()), Listener()
    plan = select_module._plan(prepared, Kind.MODEL2, folder.model(Kind.MODEL2), Silent())
    assert plan.defaults.tile_cap == 50
    for cap in (50, 3):  # no class of a tile has more than fifty crops here
        capped = dataclasses.replace(plan, defaults=dataclasses.replace(plan.defaults, tile_cap=cap))
        select_module._tell_of_cap(prepared, capped, listener)
    (said,) = listener.told
    found = re.fullmatch(
        r"model2: an epoch takes (\d+) of (\d+) crops, others each time, so that no large tile is most of what is seen",
        said,
    )
    assert found
    assert 0 < int(found[1]) < int(found[2]) == len(prepared.split.fit)


def test_what_is_right_without_the_surroundings_is_measured_too(folder):
    prepared, bundle = shown(folder), load_bundle(folder.model(Kind.MODEL2).bundle)
    alone = json.loads(folder.model(Kind.MODEL2).metrics.read_text())["alone"]
    crops, val = load_prepared(folder, Silent()).dataset.crops, prepared.split.val
    padded = np.stack([with_unknown_surroundings(crops.images[position], (192, 192)) for position in val])
    predicted = predict_probabilities(bundle, padded, engine="torch").argmax(axis=1)
    assert alone["accuracy"] == (predicted == crops.targets()[val]).mean()
    assert alone["sentence"] == (
        f"{alone['accuracy']:.1%} accuracy where nothing but the crop itself is known (tiles split, {len(val)} "
        "validation crops)"
    )
    assert measured_of(bundle.config).alone == alone["accuracy"]
    card = (folder.model(Kind.MODEL2).bundle / "README.md").read_text()
    assert alone["sentence"] in card
    assert "- It looks at 3 scales: the central 48x48 pixels, and more and more of the tissue around them." in card
    assert "alone" not in json.loads(folder.model(Kind.MODEL1).metrics.read_text())
    assert measured_of(load_bundle(folder.model(Kind.MODEL1).bundle).config).alone is None


@pytest.mark.parametrize(
    ("changed", "times"),
    [
        ({"split": "random"}, 1),  # there they would show other crops of the same tile, and more of them
        ({"surroundings": 1}, 1),
        ({"surroundings": 2}, 2),
        ({"models": (Kind.MODEL1,)}, 1),
    ],
)
def test_what_is_shown_if_nothing_else_is_said(competition, settings, tmp_path, changed, times, monkeypatch):
    monkeypatch.setattr(run_module, "wanted_stages", lambda prepared: [])
    found = run(competition, tmp_path / "run", dataclasses.replace(settings, **changed))
    assert found.read()["settings"]["surroundings"] == times


@pytest.mark.parametrize("pairs", [0, 2])
def test_crops_of_which_few_share_pixels_are_shown_alone(settings, tmp_path, monkeypatch, pairs):
    monkeypatch.setattr(run_module, "wanted_stages", lambda prepared: [])
    field = np.random.default_rng(0).integers(0, 256, (40, 40 * 24, 3), dtype=np.uint8)
    for number in range(24):
        folder = tmp_path / "data" / f"class{number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        left = 40 * number - (20 if number % 2 and number < 2 * pairs else 0)
        Image.fromarray(field[:32, left : left + 32]).save(folder / f"{number}.png")
    found = run(tmp_path / "data", tmp_path / "run", settings)
    assert found.read()["settings"]["surroundings"] == 1
    listener = Listener()
    asked = dataclasses.replace(settings, surroundings=2)
    assert run(tmp_path / "data", tmp_path / "asked", asked, reporter=listener).read()["settings"]["surroundings"] == 2
    assert (
        f"{2 * pairs / 24:.0%} of the crops share pixels with another one: around the others nothing is known, and "
        "model2 is shown one even colour there; --surroundings 1 shows it the crop alone"
    ) in listener.told


def test_fewer_are_shown_where_pictures_would_be_too_large_or_too_many(competition, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "wanted_stages", lambda prepared: [])
    monkeypatch.setattr(surroundings_module, "MAX_SIZE", 100)
    listener = Listener()
    found = run(competition, tmp_path / "large", settings, reporter=listener)
    assert found.read()["settings"]["surroundings"] == 2
    assert (
        "model2 is shown 2 times the width of a crop, since 4 times its width would need pictures of more than 100 "
        "pixels or more than 10 GiB of room; --surroundings decides otherwise"
    ) in listener.told
    with pytest.raises(ConfigError) as refused:
        run(competition, tmp_path / "asked", dataclasses.replace(settings, surroundings=3))
    assert str(refused.value) == (
        "surroundings is 3, which makes pictures of 144 pixels of crops of 48; expected 100 at most: --surroundings 2"
    )
    monkeypatch.setattr(surroundings_module, "MOST_ROOM", 1000)
    found = run(competition, tmp_path / "many", settings, reporter=listener)
    assert found.read()["settings"]["surroundings"] == 1
    assert (
        "model2 is shown the crop alone, since 4 times its width would need pictures of more than 100 pixels or more "
        "than 0 GiB of room; --surroundings decides otherwise"
    ) in [text.replace("9.31323e-07 GiB", "0 GiB") for text in listener.told]


@pytest.mark.parametrize("size", [32, 27])
def test_fields_are_shown_as_they_are_and_not_put_together(settings, tmp_path, size):
    random, data = np.random.default_rng(0), tmp_path / "fields"
    data.mkdir()
    for number in range(6):
        Image.fromarray(random.integers(0, 256, (150, 170, 3), dtype=np.uint8)).save(data / f"f{number}.png")
        rows = [f"{x},{y},{'ab'[i % 2]}" for i, (x, y) in enumerate(random.integers(5, 145, (8, 2)).tolist())]
        (data / f"f{number}.csv").write_text("\n".join(["x,y,label", *rows]) + "\n")
    asked = dataclasses.replace(settings, models=(Kind.MODEL2,), crop_size=size)
    folder = run(data, tmp_path / "run", asked)
    prepared = shown(folder)
    assert prepared.surroundings == 4
    expected = read_dataset(data, crop_size=4 * size, mpp=0.25).crops.images
    np.testing.assert_array_equal(prepared.dataset.crops.images, expected)
    own = load_prepared(folder, Silent()).dataset.crops.images
    np.testing.assert_array_equal(expected[:, crop_in(4 * size, 4), crop_in(4 * size, 4)], own)
    assert load_bundle(folder.model(Kind.MODEL2).bundle).config.specification.size == (4 * size, 4 * size)


def test_a_run_is_gone_on_with_by_the_same_command(folder, competition, settings):
    assert run(competition, folder.path, settings, resume=True).read() == folder.read()
    with pytest.raises(RunFolderError) as refused:
        run(competition, folder.path, dataclasses.replace(settings, surroundings=2), resume=True)
    assert str(refused.value) == (
        f'the run in "{folder.path}" was begun with surroundings 4, not 2; resume with the same command, or choose '
        "another --out"
    )


def test_both_protocols_are_measured_on_the_same_pictures(competition, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "wanted_stages", lambda prepared: [])
    monkeypatch.setattr(both_module, "compare", lambda *arguments: None)
    both_module.run_both(competition, tmp_path / "both", settings)
    for protocol in ("random", "tiles"):
        assert json.loads((tmp_path / "both" / protocol / "run.json").read_text())["settings"]["surroundings"] == 1


def shown(folder):
    return shown_to(Kind.MODEL2, load_prepared(folder, Silent()), Silent())


def test_a_later_process_puts_the_same_crops_together(folder, competition):
    first, again = (shown(folder).dataset for _ in range(2))
    np.testing.assert_array_equal(first.crops.images, again.crops.images)
    np.testing.assert_array_equal(first.test.images, again.test.images)
    whole = read_pictures(competition / "train").images
    by_name = dict(zip(read_pictures(competition / "train").names, whole, strict=True))
    own = np.stack([by_name[name] for name in first.crops.names])
    np.testing.assert_array_equal(first.crops.images[:, 72:120, 72:120], own)


def test_test_crops_are_shown_with_their_surroundings_too(folder):
    prepared = shown(folder)
    run_stage("predict", prepared, Kind.MODEL2, folder, Silent())
    rows = folder.model(Kind.MODEL2).submission.read_text().splitlines()
    assert len(rows) == 1 + len(prepared.dataset.test)


def test_crops_alone_are_predicted_without_what_lies_around_them(folder, competition, tmp_path):
    bundle, crops = load_bundle(folder.model(Kind.MODEL2).bundle), read_pictures(competition / "test")
    listener = Listener()
    predict_crops(bundle, dataclasses.replace(crops, mpp=0.25), tmp_path / "p.csv", listener, engine="torch")
    assert listener.told[0] == (
        "crops of 48x48 pixels show less than the 192x192 that the model can see around a nucleus: "
        "without the rest it is right less often"
    )
    padded = np.stack([with_unknown_surroundings(image, (192, 192)) for image in crops.images])
    expected = predict_probabilities(bundle, padded, engine="torch")
    np.testing.assert_array_equal(predict_probabilities(bundle, crops.images, engine="torch"), expected)
    with (tmp_path / "p.csv").open(newline="") as stream:
        found = [[float(row[name]) for name in bundle.config.classes] for row in csv.DictReader(stream)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_crops_that_do_not_show_the_crop_itself_are_refused(folder, competition, tmp_path):
    crops = dataclasses.replace(read_pictures(competition / "test"), mpp=0.2)
    with pytest.raises(DataError) as refused:
        predict_crops(load_bundle(folder.model(Kind.MODEL2).bundle), crops, tmp_path / "p.csv", Silent())
    assert str(refused.value) == (
        "crops of 48x48 pixels at 0.2 um/pixel show less tissue than the model needs (48x48 at 0.25); "
        "cut them larger: at least 60x60 pixels"
    )
    assert not (tmp_path / "p.csv").exists()


def test_a_network_without_an_embedding_is_refused_before_anything_is_written(competition, tmp_path):
    settings = RunSettings(models=(Kind.MODEL2,), backbone="squeezenet1_0", surroundings=2, weights="weights.pth")
    torch.save(torchvision.models.squeezenet1_0().state_dict(), tmp_path / "weights.pth")
    with pytest.raises(ConfigError) as refused:
        run(competition, tmp_path / "run", dataclasses.replace(settings, weights=str(tmp_path / "weights.pth")))
    assert str(refused.value) == (
        "squeezenet1_0 ends in Conv2d, not in a linear layer: it has no embedding to train a head on; "
        "take another --backbone, or leave --frozen, --hidden and --surroundings out"
    )
    assert not (tmp_path / "run").exists()


def test_surroundings_that_no_model_would_see_are_refused(competition, settings, tmp_path):
    asked = dataclasses.replace(settings, models=(Kind.MODEL1,), surroundings=2)
    with pytest.raises(ConfigError) as refused:
        run(competition, tmp_path / "run", asked)
    assert str(refused.value) == (
        "surroundings is 2, but only model2 is shown them and it is not among the models: leave --surroundings out, or "
        "add model2 to --models"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("times", [0, 9])
def test_a_width_out_of_range_is_refused(times):
    with pytest.raises(ConfigError) as refused:
        RunSettings(surroundings=times)
    assert str(refused.value) == f"surroundings is {times}; expected from 1 (the crop alone) to 8"


def test_tiles_of_other_crops_are_refused(folder, monkeypatch):
    text = folder.tiles.read_text()
    folder.tiles.write_text("\n".join(text.splitlines()[:-1]) + "\n")
    with pytest.raises(RunFolderError) as refused:
        load_prepared(folder, Silent())
    folder.tiles.write_text(text)
    assert str(refused.value) == (
        f'"{folder.tiles}" is not about the crops of this run; expected a row with name, set, tile, x, y for each, '
        "labelled ones first: start again with another --out"
    )


@pytest.mark.parametrize(
    ("size", "mpp", "told"),
    [
        (48, 0.25, ["crops of 48x48 pixels show less than"]),
        (48, 0.247, ["crops of 48x48 pixels show less than"]),  # within the tolerance of a resolution
        (192, 0.247, []),
        (
            96,
            0.125,
            ["crops of 96x96 pixels at 0.125 um/pixel were resampled to the model's 0.25 um/pixel", "crops of 96"],
        ),
        (
            200,
            0.25,
            ["crops of 200x200 pixels at 0.25 um/pixel were resampled to the model's 0.25 um/pixel and cut to"],
        ),
    ],
)
def test_what_is_done_to_crops_is_said(folder, tmp_path, size, mpp, told):
    bundle, listener = load_bundle(folder.model(Kind.MODEL2).bundle), Listener()
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    predict_crops(bundle, Crops(pixels, ("a", "b"), mpp=mpp), tmp_path / "p.csv", listener, engine="torch")
    assert len(listener.told) == len(told) + 1
    assert all(found.startswith(words) for found, words in zip(listener.told, told, strict=False))


def test_a_size_that_no_rule_brings_about_is_refused_with_both_that_are_taken(folder, tmp_path):
    bundle = load_bundle(folder.model(Kind.MODEL2).bundle)
    crops = Crops(np.zeros((1, 60, 60, 3), np.uint8), ("a",))
    with pytest.raises(DataError) as refused:
        predict_crops(bundle, crops, tmp_path / "p.csv", Silent(), engine="torch")
    assert str(refused.value) == (
        "crops are 60x60 pixels; the model expects 192x192, or 48x48 with nothing around it at 0.25 um/pixel: cut "
        "crops of that size, or say the resolution of yours with --mpp"
    )


def test_discs_and_maps_are_about_the_crop(folder, monkeypatch):
    asked = {}

    def note(*arguments, **options):
        asked.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(nucleus_module, "CROPS", 8)
    monkeypatch.setattr(explain_module, "examine", lambda *arguments, **options: None)  # minutes
    monkeypatch.setattr(explain_module, "explain", note)
    with pytest.raises(KeyboardInterrupt):
        run_stage("explain", shown(folder), Kind.MODEL2, folder, Silent())
    assert json.loads(folder.model(Kind.MODEL2).nucleus.read_text())["side"] == 48
    assert asked["radius"] == 0.25 / 4


def test_labels_are_judged_at_random_by_models_of_the_crop_alone(folder, monkeypatch, tmp_path):
    judged = []

    def stop(prepared, *arguments):
        judged.append(prepared.surroundings)
        raise KeyboardInterrupt

    monkeypatch.setattr(review_module, "out_of_fold_probabilities", stop)
    for protocol in Protocol:
        with pytest.raises(KeyboardInterrupt):
            review_module.review_labels(
                load_prepared(folder, Silent()),
                Kind.MODEL2,
                folder.model(Kind.MODEL2),
                Folding(protocol, 2),
                Silent(),
                out=tmp_path / "review",
            )
    assert dict(zip(Protocol, judged, strict=True)) == {Protocol.RANDOM: 1, Protocol.TILES: 4}


def test_folds_pooled_say_too_what_is_right_without_the_surroundings(competition, settings, tmp_path):
    asked = dataclasses.replace(settings, fold=None, models=(Kind.MODEL2,), surroundings=2)
    folder = run_folds(competition, tmp_path / "folds", 2, asked)
    each = [
        json.loads((folder.path / f"fold-{number}" / "model2" / "metrics.json").read_text())["alone"]
        for number in (1, 2)
    ]
    pooled = json.loads(folder.model(Kind.MODEL2).metrics.read_text())
    assert pooled["alone"]["crops"] == pooled["crops"] == sum(one["crops"] for one in each)
    right = sum(one["accuracy"] * one["crops"] for one in each)
    assert pooled["alone"]["accuracy"] == pytest.approx(right / pooled["crops"])
    assert pooled["alone"]["sentence"].endswith(f"is known (tiles split, {pooled['crops']} validation crops)")
