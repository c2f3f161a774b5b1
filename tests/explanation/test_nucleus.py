"""A model that reads the centre needs the nucleus; one that reads the border does without."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from readers import SIDE, reads_border, reads_centre, split_crops

from nucleoscope.data.splits import Protocol
from nucleoscope.explanation import nucleus as module
from nucleoscope.explanation.centre import RADIUS
from nucleoscope.explanation.nucleus import RADII, Hits, measure_nucleus
from nucleoscope.explanation.nucleus_picture import plot_nucleus

IMAGES, CENTRE, AROUND = split_crops(60)


@pytest.fixture(scope="module")
def of_centre():
    steps = []
    found = measure_nucleus(
        reads_centre(),
        IMAGES,
        CENTRE,
        Protocol.RANDOM,
        seed=1,
        progress=lambda done, total: steps.append((done, total)),
    )
    return found, steps


@pytest.fixture(scope="module")
def of_border():
    return measure_nucleus(reads_border(), IMAGES, AROUND, Protocol.TILES, seed=1)


def test_reader_of_the_centre_keeps_it_alone_and_loses_it_erased(of_centre):
    found, _ = of_centre
    assert found.whole == Hits(0.0, 1.0, 1.0)
    assert [hits.radius for hits in found.centre_only] == list(RADII)
    assert [hits.accuracy for hits in found.centre_only if hits.radius >= 0.2] == [1.0] * 4
    assert 0.3 < found.centre_erased[-2].accuracy < 0.7  # the disc of 0.3, where centre and surroundings part, is gone
    assert found.kept == pytest.approx(2 * found.without.accuracy - 1)
    assert found.central_share > 0.95


def test_reader_of_the_border_is_the_reverse(of_border):
    assert [hits.accuracy for hits in of_border.centre_erased] == [1.0] * len(RADII)
    assert 0.3 < of_border.alone.accuracy < 0.7
    assert of_border.kept == 1.0
    assert of_border.central_share < 0.05
    assert of_border.uniform_share == pytest.approx(np.pi / 16, abs=0.01)


def test_sentences(of_border):
    assert of_border.sentence() == (
        "Without the nucleus (disc of 10 px radius, filled from its surroundings) accuracy goes from 100.0% to 100.0% "
        "(balanced accuracy: from 100.0% to 100.0%). From the disc alone it is "
        f"{of_border.alone.accuracy:.1%}; always naming the largest class gives 50.0% (tiles split, 60 validation "
        "crops). Without the nucleus the model keeps 100% of what it knows beyond chance: it reads the tile around the "
        "nucleus, and could mostly do without the nucleus."
    )
    assert of_border.share_sentence() == (
        "0% of attribution lies in the central disc, which has 20% of the pixels (integrated gradients, mean of 32 "
        "crops)."
    )


@pytest.mark.parametrize(
    ("whole", "left", "words"),
    [
        (0.9, 0.58, "the model keeps 20% of what it knows beyond chance: it needs the nucleus."),
        (0.9, 0.45, "the model keeps 0% of what it knows beyond chance: it needs the nucleus."),
        (
            0.9,
            0.70,
            "the model keeps 50% of what it knows beyond chance: it reads both the nucleus and the tile around",
        ),
        (0.5, 0.5, "The model is no better than chance on whole crops, so there is nothing to lose."),
    ],
)
def test_verdicts(of_border, whole, left, words):
    erased = tuple(replace(hits, accuracy=left) for hits in of_border.centre_erased)
    assert words in replace(of_border, whole=Hits(0.0, whole, whole), centre_erased=erased).sentence()


def test_record_is_json_and_names_protocol_and_crops(of_centre):
    record = json.loads(json.dumps(of_centre[0].to_mapping(), allow_nan=False))
    assert (record["protocol"], record["crops"], record["validation_crops"], record["seed"]) == ("random", 60, 60, 1)
    assert record["chance"] == record["balanced_chance"] == 0.5
    assert record["centre_only"][RADII.index(RADIUS)]["balanced_accuracy"] == 1.0
    assert record["sentence"] == of_centre[0].sentence()


def test_a_sample_is_measured_where_crops_are_many(monkeypatch):
    monkeypatch.setattr(module, "CROPS", 20)
    found = measure_nucleus(reads_centre(), IMAGES, CENTRE, Protocol.RANDOM)
    assert (found.crops, found.validation_crops, found.chance) == (20, 60, 0.5)


def test_progress_ends_with_all(of_centre):
    _, steps = of_centre
    assert steps[-1] == (92, 92)
    assert steps == sorted(steps)


def test_picture_is_whole(tmp_path, of_centre):
    plot_nucleus(tmp_path / "nucleus.png", of_centre[0], IMAGES[0], "model1")
    picture = np.asarray(Image.open(tmp_path / "nucleus.png").convert("L"))
    assert picture.shape == (1395, 1650)
    assert picture.std() > 10
    for edge in (picture[:20], picture[-20:], picture[:, :10], picture[:, -10:]):
        assert edge.min() == 255
    assert IMAGES.shape[1] == SIDE
