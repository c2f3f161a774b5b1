import csv
import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from nucleoscope.cli.app import main
from nucleoscope.data.synthetic import make_field
from nucleoscope.errors import ConfigError, DataError
from nucleoscope.slides.detection import find_nuclei, load_detector
from nucleoscope.slides.detection.labelled import read_labelled_fields
from nucleoscope.slides.detection.patches import draw_patches, learning_field
from nucleoscope.slides.detection.scoring import DetectionScore, score_centres
from nucleoscope.slides.detection.settings import DetectorSettings
from nucleoscope.slides.detection.targets import proximity
from nucleoscope.slides.detection.training import train_detector

TINY = DetectorSettings(width=8, steps=60, batch_size=4, patch=96, learning_rate=0.01)


def write_field(folder, name, seed, size=256):
    field = make_field(seed, size=size)
    Image.fromarray(field.image).save(folder / f"{name}.png")
    with (folder / f"{name}.centres.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["x", "y"])
        writer.writerows(field.centres.tolist())
    return field


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labelled")
    for number in range(1, 5):
        write_field(folder, f"f{number}", seed=number)
    return folder


@pytest.fixture(scope="module")
def fields(folder):
    return read_labelled_fields(folder, 0.25)


@pytest.fixture(scope="module")
def trained(fields):
    return train_detector(fields, TINY)


def test_a_minute_teaches_more_than_chance_on_a_field_it_never_saw(trained, tmp_path):
    write_field(tmp_path, "new", seed=11)
    (field,) = read_labelled_fields(tmp_path, 0.25)
    found = find_nuclei(field.image, trained[0])
    by_chance = np.random.default_rng(0).uniform(0, 256, (len(found), 2))
    taught = score_centres(found.centres, field.centres, 0.25).f1
    assert taught > 0.5
    assert taught > score_centres(by_chance, field.centres, 0.25).f1 + 0.2


def test_the_threshold_is_chosen_on_fields_that_were_held_back(trained, fields):
    detector, choice = trained
    assert len(choice.fields) == 1
    assert set(choice.fields) < {field.name for field in fields}
    assert (detector.threshold, detector.separation) == (choice.threshold, choice.separation)
    assert isinstance(choice.score, DetectionScore)
    assert choice.score.known == len(next(field for field in fields if field.name == choice.fields[0]).centres)


def test_the_same_seed_gives_the_same_detector(fields):
    short = DetectorSettings(width=4, steps=2, batch_size=2, patch=64, seed=3)
    told = []
    first, _ = train_detector(fields, short, lambda done, total: told.append((done, total)))
    second, _ = train_detector(fields, short)
    for one, other in zip(first.network.state_dict().values(), second.network.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_too_few_fields_are_one_line(fields):
    with pytest.raises(DataError) as error:
        train_detector(fields[:1], TINY)
    assert str(error.value) == (
        f"a detector was to be trained on 1 field with {len(fields[0].centres)} nuclei; expected 2 fields and 50 "
        "nuclei or more: label more fields"
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("mpp", 2.0, "0.2 to 1 um/pixel"), ("patch", 100, "64 or more, a multiple of 8"), ("steps", 0, "1 or more")],
)
def test_a_setting_outside_its_range_is_one_line(name, value, expected):
    with pytest.raises(ConfigError) as error:
        DetectorSettings(**{name: value})
    assert str(error.value) == f"{name} of the detector is {value}; expected {expected}"


def test_a_bell_stands_on_every_centre():
    bells = proximity((20, 30), np.array([[10.5, 5.5], [25.5, 15.5]]), mpp=0.5)
    assert bells.shape == (20, 30)
    assert bells[5, 10] == bells[15, 25] == 1.0
    assert bells[5, 20] < 0.01
    assert bells[5, 12] == pytest.approx(np.exp(-0.5 * (2 * 0.5 / 1.3) ** 2))
    assert not proximity((4, 4), np.empty((0, 2)), 0.5).any()


def test_patches_carry_their_bells_with_them(fields):
    # A dark disc painted over each bell must lie under the bell after any turn, scale and mirroring.
    field = learning_field(fields[0], 0.5)
    field.layers[:3] = 1.0 - field.layers[3:]
    pictures, targets = draw_patches([field], 6, 96, 0.0, torch.Generator().manual_seed(0))
    assert pictures.shape == (6, 3, 96, 96)
    assert targets.shape == (6, 96, 96)
    torch.testing.assert_close(pictures, (1.0 - targets)[:, None].expand_as(pictures), rtol=0, atol=1e-2)
    assert not torch.equal(targets[0], targets[1])


def test_fields_are_read_in_natural_order_with_all_nuclei(tmp_path):
    for name in ("img10", "img2"):
        write_field(tmp_path, name, seed=1, size=128)
    Image.new("RGB", (9, 9)).save(tmp_path / "img2.labels.gif")
    fields = read_labelled_fields(tmp_path, 0.25)
    assert [field.name for field in fields] == ["img2", "img10"]
    np.testing.assert_allclose(fields[0].centres, make_field(1, size=128).centres)
    assert fields[0].image.mpp == 0.25


def test_a_folder_without_tables_is_one_line(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    with pytest.raises(DataError) as error:
        read_labelled_fields(tmp_path, 0.25)
    assert str(error.value) == (
        f"{tmp_path} has 1 picture and 0 tables of nuclei; expected pictures with all of their nuclei as x,y in "
        "NAME.centres.csv beside each"
    )


@pytest.mark.parametrize(
    ("left", "what", "remedy"),
    [
        (".png", "1 picture without a table (b)", "add the tables or remove the pictures"),
        (".centres.csv", "1 table without a picture (b)", "add the pictures or remove the tables"),
    ],
)
def test_a_picture_or_a_table_on_its_own_is_one_line(tmp_path, left, what, remedy):
    for name in ("a", "b"):
        write_field(tmp_path, name, seed=1, size=128)
    for path in tmp_path.glob("b.*"):
        if not path.name.endswith(left):
            path.unlink()
    with pytest.raises(DataError) as error:
        read_labelled_fields(tmp_path, 0.25)
    assert str(error.value) == (
        f"{tmp_path} has {what}; expected pictures with all of their nuclei as x,y in NAME.centres.csv beside each: "
        f"{remedy}"
    )


def test_a_nucleus_outside_of_its_field_is_one_line(tmp_path):
    write_field(tmp_path, "a", seed=1, size=128)
    table = tmp_path / "a.centres.csv"
    table.write_text(table.read_text() + "500,20\n")
    with pytest.raises(DataError) as error:
        read_labelled_fields(tmp_path, 0.25)
    assert str(error.value) == (
        f"{table}: 1 nuclei outside of the image; expected pixels of a.png in every row: correct the rows"
    )


def test_no_folder_is_one_line(tmp_path):
    with pytest.raises(DataError) as error:
        read_labelled_fields(tmp_path / "none", 0.25)
    assert str(error.value) == (
        f"{tmp_path / 'none'} is no folder; expected one of pictures with NAME.centres.csv beside each"
    )


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["nucleoscope", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_the_verb_trains_and_writes_a_detector_once(folder, tmp_path, monkeypatch, capsys):
    out = tmp_path / "det"
    assert call(monkeypatch, "detector", folder, "--out", out, "--mpp", 0.25, "--steps", 2) == 0
    told = capsys.readouterr().out
    assert f"{out}: on 1 field held back at first, " in told
    record = json.loads((out / "detector.json").read_text())
    assert record["provenance"]["names"] == ["f1", "f2", "f3", "f4"]
    assert record["provenance"]["settings"]["steps"] == 2
    assert load_detector(out).mpp == 0.5
    assert call(monkeypatch, "detector", folder, "--out", out, "--mpp", 0.25, "--steps", 2) == 2
    assert capsys.readouterr().err == (
        f'error: "{out}" exists and is not an empty folder; expected a new one: choose another --out\n'
    )


def test_the_verb_asks_for_an_unknown_resolution(folder, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "detector", folder, "--out", tmp_path / "det") == 2
    assert "f1.png does not say how large its pixels are; expected um/pixel: give it with --mpp" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "det").exists()
