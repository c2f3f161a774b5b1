"""`nucleoscope crops`: what is written, and that it reads back."""

import csv
import sys

import numpy as np
import pytest
from PIL import Image

from nucleoscope.cli.app import main
from nucleoscope.data.mirror import corners_around, cut_at
from nucleoscope.data.overlap.known import known_overlaps
from nucleoscope.data.reading import read_dataset

ROWS = {"TCGA-A2-A0CV-01A": ["3.2,4,a", "30.5,20,b", "33,24.5,b"], "two": ["59,47,a", "40,10,a"], "none": []}


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for number, (name, rows) in enumerate(ROWS.items()):
        pixels = np.random.default_rng(number).integers(0, 256, (48, 60, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
        (folder / f"{name}.csv").write_text("\n".join(["x,y,label", *rows]))
    return folder


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["nucleoscope", "crops", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_crops_read_back_as_they_were_cut(images, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert call(monkeypatch, images, images, "--image-mpp", 0.25, "--size", 24, "--out", out) == 0
    assert f"5 crops of 2 fields in {out}: 3 a, 2 b\n" in capsys.readouterr().out
    crops = read_dataset(out).crops
    direct = read_dataset(images, crop_size=24, mpp=0.25).crops
    assert crops.mpp == 0.25
    assert crops.places.fields == direct.places.fields
    assert crops.places.corners.tolist() == direct.places.corners.tolist()
    assert (crops.images == direct.images).all()
    assert len(known_overlaps(crops.places, crops.size).pairs) == 1
    with (out / "crops.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0] == {
        "name": "TCGA-A2-A0CV-01A/1.png",
        "label": "a",
        "field": "TCGA-A2-A0CV-01A",
        "patient": "TCGA-A2-A0CV",
        "x": "3.2",
        "y": "4.0",
    }
    assert [row["patient"] for row in rows[3:]] == ["", ""]


def test_another_resolution_is_resampled_and_said(images, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    options = ("--image-mpp", 0.25, "--mpp", 0.5, "--size", 24)
    assert call(monkeypatch, images, images, *options, "--out", out) == 0
    assert "2 fields of another resolution: their crops were resampled\n" in capsys.readouterr().out
    crops = read_dataset(out).crops
    halved = np.array([[1.6, 2], [15.25, 10], [16.5, 12.25], [29.5, 23.5], [20, 5]])
    assert crops.places.corners.tolist() == corners_around(halved, (24, 24)).tolist()
    whole = Image.open(images / "two.png").resize((30, 24), Image.Resampling.BICUBIC)
    wanted = cut_at(np.asarray(whole), crops.places.corners[4:], (24, 24))[0]
    inside = np.s_[8:-8, 8:16]  # beyond the border both are mirrored, one before and one after resampling
    assert np.abs(crops.images[4][inside].astype(int) - wanted[inside]).max() <= 3


def test_its_own_folder_is_written_again_and_no_other(images, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    command = (images, images, "--image-mpp", 0.25, "--size", 24, "--out", out)
    assert call(monkeypatch, *command) == 0
    (images / "two.csv").write_text("x,y,label\n5,5,c\n6,6,a\n")
    assert call(monkeypatch, *command) == 0
    assert sorted(path.name for path in (out / "two").iterdir()) == ["1.png", "2.png"]
    assert 'class "c" has 1 crop: to train takes at least 2 of each\n' in capsys.readouterr().out
    (out / "note.txt").write_text("mine")
    assert call(monkeypatch, *command) == 2
    assert capsys.readouterr().err == (
        f'error: "{out}" holds note.txt and was not written by `nucleoscope crops`; expected a new folder, or one of '
        "its own to write again: choose another --out\n"
    )
    assert (out / "note.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_an_error_half_way_leaves_nothing(images, tmp_path, monkeypatch, capsys):
    (images / "two.csv").write_text("x,y,label\n5,5,\n")
    out = tmp_path / "out"
    assert call(monkeypatch, images, images, "--image-mpp", 0.25, "--out", out) == 2
    assert capsys.readouterr().err == (
        f"error: {images}/two.csv, line 2: no label; expected the class of the nucleus in every row\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["images"]


def test_patients_are_those_of_the_file(images, tmp_path, monkeypatch):
    table = tmp_path / "patients.csv"
    table.write_text("field,patient\nTCGA-A2-A0CV-01A,ann\ntwo,bob\nnone,cid\n")
    options = ("--image-mpp", 0.25, "--size", 24, "--patients", table)
    assert call(monkeypatch, images, images, *options, "--out", tmp_path / "out") == 0
    crops = read_dataset(tmp_path / "out", groups_column="patient").crops
    assert crops.groups == ("ann", "ann", "ann", "bob", "bob")


def test_nothing_to_cut_is_one_line(images, tmp_path, monkeypatch, capsys):
    path = images / "none"
    assert call(monkeypatch, f"{path}.png", f"{path}.csv", "--image-mpp", 0.25, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err == (
        f"error: {path}.csv holds no nuclei with a class; expected some: check the annotations\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--size", 23), "--size is 23; expected from 24 to 512 pixels"),
        (("--mpp", 0), "--mpp is 0; expected 0.05 to 10 um/pixel, such as 0.25"),
        (
            ("--image-mpp", 50),
            "--image-mpp 50 is no microscope's; expected 0.05 to 10 um/pixel, such as 0.25 for a 40x scan",
        ),
        (
            ("--image-mpp", 0.25, "--mpp", 4),
            "{image} has 0.25 um/pixel (--image-mpp says so) and the crops shall have 4; expected at most 8 times more "
            "or less: check both",
        ),
    ],
)
def test_options_outside_their_range_are_one_line(images, tmp_path, monkeypatch, capsys, options, message):
    image = images / "two.png"
    assert call(monkeypatch, image, images / "two.csv", *options, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err == f"error: {message.format(image=image)}\n"


def test_a_resolution_that_the_file_denies_is_said(images, tmp_path, monkeypatch, capsys):
    with Image.open(images / "two.png") as image:
        image.save(images / "two.png", dpi=(50800, 50800))  # 0.5 um/pixel
    command = (images / "two.png", images / "two.csv", "--size", 24, "--out", tmp_path / "out")
    assert call(monkeypatch, *command, "--image-mpp", 0.25) == 0
    assert "1 image: the file says 0.5 um/pixel; --image-mpp 0.25 was taken instead\n" in capsys.readouterr().out
    assert call(monkeypatch, *command) == 0
    assert "1 field of another resolution: their crops were resampled\n" in capsys.readouterr().out
