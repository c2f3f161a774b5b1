"""Every nucleus of an image gets what its crop would get, wherever it lies and in whatever company."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from nucleoscope.data.synthetic import make_field, make_fields
from nucleoscope.errors import DataError
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction import fields
from nucleoscope.prediction.dense.fitting import fit_engine
from nucleoscope.prediction.dense.storing import DenseRecord, save_engine, weights_of
from nucleoscope.prediction.novelty import energy
from nucleoscope.prediction.probabilities import to_probabilities
from nucleoscope.runtime import seed_everything
from nucleoscope.slides import engines as engines_module
from nucleoscope.slides.classification import classify_nuclei
from nucleoscope.slides.engines import CROWDED_FOR_TORCH, open_engines
from nucleoscope.slides.image import ArrayReader, SlideImage
from nucleoscope.slides.results import Verdicts


@pytest.fixture(scope="module")
def bundle(trained_bundle):
    return load_bundle(trained_bundle)


@pytest.fixture(scope="module")
def field():
    """Synthetic tissue with glass at its right border, and nuclei also on corners and on the glass."""
    tissue = make_field(11, size=320)
    image = np.full((320, 480, 3), 245, np.uint8)
    image[:, :320] = tissue.image
    others = np.array([[0.0, 0.0], [0.4, 319.6], [480.0, 320.0], [440.0, 100.0]])
    centres = np.concatenate([tissue.centres, others])
    return fields.Field(image, np.random.default_rng(0).permutation(centres))


def _slide(image, mpp=0.25):
    return SlideImage("field.png", ArrayReader(image), mpp)


def _classify(bundle, field, mpp=0.25, engine="torch", progress=None):
    """All verdicts as one."""
    image = _slide(field.image, mpp)
    engines = open_engines(bundle, image, field.centres, engine)
    chunks = list(classify_nuclei(engines, image, field.centres, progress))
    parts = [np.concatenate([getattr(c, name) for c in chunks]) for name in ("probabilities", "novelty", "unsure")]
    return Verdicts(bundle.config.classes, *parts)


def test_a_nucleus_gets_what_its_crop_gets(bundle, field):
    told = []
    found = _classify(bundle, field, progress=lambda *done: told.append(done))
    logits = fields.predict_crops_of(bundle, field)
    asked = np.isin(found.unsure, ["", "foreign"])
    assert len(found) == len(field)
    assert (found.unsure[field.centres[:, 0] > 400] == "glass").all()
    assert asked.mean() > 0.9
    assert np.isnan(found.probabilities[~asked]).all()
    assert np.isnan(found.novelty[~asked]).all()
    assert found.probabilities[asked] == pytest.approx(to_probabilities(logits, bundle.config)[asked], abs=1e-5)
    assert found.novelty[asked] == pytest.approx(energy(logits)[asked], abs=1e-4)
    assert (found.predicted[asked] == logits[asked].argmax(axis=1)).all()
    assert told[-1] == (len(field), len(field))


def test_neither_blocks_nor_order_change_what_a_nucleus_gets(bundle, field, monkeypatch):
    found = _classify(bundle, field)
    monkeypatch.setattr(engines_module, "SIDE", 70)
    order = np.random.default_rng(1).permutation(len(field))
    again = _classify(bundle, dataclasses.replace(field, centres=field.centres[order]))
    assert again.probabilities == pytest.approx(found.probabilities[order], abs=1e-5, nan_ok=True)
    assert (again.unsure == found.unsure[order]).all()


def test_an_image_at_twice_the_resolution_gets_about_the_same(bundle, field):
    found = _classify(bundle, field)
    large = np.asarray(Image.fromarray(field.image).resize((960, 640), Image.Resampling.BICUBIC))
    again = _classify(bundle, fields.Field(large, field.centres * 2), mpp=0.125)
    assert ((found.unsure == "glass") == (again.unsure == "glass")).all()
    assert (found.predicted == again.predicted).mean() > 0.9


def test_most_nuclei_of_tissue_like_that_of_the_training_are_neither_foreign_nor_wrong(bundle):
    tissue = make_fields(12, seed=3, size=192)[0]
    found = _classify(bundle, fields.Field(tissue.image, tissue.centres))
    assert (found.predicted == tissue.labels).mean() > 0.6
    assert (found.unsure == "").mean() > 0.9


def test_a_nucleus_above_the_threshold_is_foreign_and_still_has_its_probabilities(bundle, field):
    strict = dataclasses.replace(bundle, config=dataclasses.replace(bundle.config, novelty_threshold=-1e3))
    found, before = _classify(strict, field), _classify(bundle, field)
    assert {"foreign", "glass"} <= set(found.unsure)
    assert "" not in found.unsure
    assert np.array_equal(found.probabilities, before.probabilities, equal_nan=True)
    unknown = dataclasses.replace(bundle, config=dataclasses.replace(bundle.config, novelty_threshold=None))
    assert {"", "glass"} <= set(_classify(unknown, field).unsure)
    assert "foreign" not in _classify(unknown, field).unsure


def test_an_image_without_nuclei_gives_no_verdict(bundle, field):
    image = _slide(field.image)
    none = np.empty((0, 2))
    assert list(classify_nuclei(open_engines(bundle, image, none, "auto"), image, none)) == []


def test_a_nucleus_outside_of_the_image_is_refused(bundle, field):
    with pytest.raises(DataError, match=r"^nucleus 1 of 1 is at x 481, y 3, outside the image of 480x320 pixels"):
        open_engines(bundle, _slide(field.image), np.array([[481.0, 3.0]]))


@pytest.fixture(scope="module")
def dense_bundle(tmp_path_factory):
    """A bundle of an untrained network with a dense engine that claims to agree with it."""
    seed_everything(0)
    specification = Specification(Kind.MODEL2, 4, (64, 64), backbone="resnet18", surround=0.3)
    config = BundleConfig(specification, tuple("abcd"), (0, 1, 2, 3), (0.5,) * 3, (0.25,) * 3, mpp=0.25)
    folder = tmp_path_factory.mktemp("dense") / "model"
    save_bundle(folder, Bundle(specification.build(None)[0].eval(), config), "card")
    bundle = load_bundle(folder)
    tissue = make_field(5, size=256)
    engine = fit_engine(bundle, [fields.Field(tissue.image, tissue.centres)])
    record = DenseRecord(1.0, 1.0, 0.0, 1, 1, "synthetic fields", "tiles", 1, weights_of(folder))
    save_engine(folder, engine, record)
    return load_bundle(folder)


def test_in_a_crowd_the_dense_engine_decides_and_regions_do_not_change_it(dense_bundle, monkeypatch):
    tissue = make_field(6, size=512)
    field = fields.Field(tissue.image, tissue.centres)
    whole = engines_module.load_engine(dense_bundle).predict_logits(field)
    monkeypatch.setattr(engines_module.CrowdEngine, "side", 250)
    monkeypatch.setattr(engines_module.CrowdEngine, "suits", lambda *_: True)
    found = _classify(dense_bundle, field, engine="auto")
    asked = found.predicted >= 0
    assert asked.mean() > 0.9
    assert found.probabilities[asked] == pytest.approx(to_probabilities(whole, dense_bundle.config)[asked], abs=5e-3)


def test_the_dense_engine_is_for_crowds_and_only_where_no_engine_is_named(dense_bundle):
    image, centres = _slide(np.zeros((64, 64, 3), np.uint8)), np.array([[30.0, 30.0]])
    crowd = open_engines(dense_bundle, image, centres).crowd
    assert crowd.crowded == CROWDED_FOR_TORCH
    assert not crowd.suits(int(CROWDED_FOR_TORCH * crowd.side**2 / 1e6) - 1)
    assert crowd.suits(int(CROWDED_FOR_TORCH * crowd.side**2 / 1e6) + 1)
    assert open_engines(dense_bundle, image, centres, "torch").crowd is None
