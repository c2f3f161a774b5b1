import numpy as np
import pytest
import torch
from networks import smooth_field, tiny_bundle

from nucleoscope.models.bundle import Bundle
from nucleoscope.prediction.dense import engine as engine_module
from nucleoscope.prediction.dense import field_map
from nucleoscope.prediction.dense import lens as lens_module
from nucleoscope.prediction.dense import network as network_module
from nucleoscope.prediction.dense.fitting import fit_engine, measure_agreement
from nucleoscope.prediction.dense.lens import LensFit, look_through
from nucleoscope.prediction.dense.network import DenseNetwork
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.prediction.probabilities import to_probabilities


@pytest.fixture(autouse=True)
def _in_float32(monkeypatch):
    # Places and pieces must change nothing at all; rounding to bfloat16 would hide it.
    monkeypatch.setattr("nucleoscope.runtime.computes_bfloat16", lambda device: False)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return tiny_bundle()


@pytest.fixture(scope="module")
def engine(bundle):
    return fit_engine(bundle, [smooth_field(seed, 150) for seed in range(8)])


def test_the_lens_finds_a_linear_map_and_its_constant():
    generator = torch.Generator().manual_seed(0)
    windows = torch.randn(4, 500, 5, generator=generator)
    true, constant = torch.randn(4, 5, 3, generator=generator), torch.randn(4, 1, 3, generator=generator)
    fit = LensFit(4, 5, 3)
    for part in (slice(0, 100), slice(100, 500)):
        fit.add(windows[:, part], windows[:, part] @ true + constant)
    found = look_through(fit.solve(), windows)
    assert torch.allclose(found, windows @ true + constant, atol=0.15)  # the ridge takes a hundredth


def test_windows_of_crops_finish_as_the_crop_engine(bundle):
    network, field = DenseNetwork(bundle), smooth_field(20)
    index = np.arange(len(field))
    found = network.finish(network.crop_windows(field, index))
    assert np.allclose(found, predict_crops_of(bundle, field), atol=1e-4)


def test_blocks_and_pieces_change_nothing(engine, monkeypatch):
    field = smooth_field(21, 60, 400, 330)
    whole = engine.glance(field)
    monkeypatch.setattr(network_module, "BLOCK", 96)
    monkeypatch.setattr(field_map, "TILE", 64)
    assert np.allclose(engine.glance(field), whole, atol=1e-4)


def test_neighbours_change_nothing_and_the_order_is_kept(engine):
    field = smooth_field(22)
    whole = engine.predict_logits(field)
    order = np.random.default_rng(0).permutation(len(field))[:9]
    some = engine.predict_logits(Field(field.image, field.centres[order]))
    assert np.allclose(some, whole[order], atol=1e-4)
    assert engine.predict_logits(Field(field.image, np.empty((0, 2)))).shape == (0, 3)


def test_progress_counts_to_the_end(engine):
    told = []
    engine.glance(smooth_field(23, 300), lambda *done: told.append(done))
    assert told == [(128, 300), (256, 300), (300, 300)]


def test_where_nothing_differs_between_a_crop_and_a_field_both_engines_are_the_same(monkeypatch):
    monkeypatch.setattr(lens_module, "RIDGE", 1e-7)
    # Filters of one pixel see no border, no window fades, and these places lie on the steps of the maps.
    bundle = tiny_bundle(surround=1.0, kernel=1)
    picture = smooth_field(30, width=480, height=320).image
    rng = np.random.default_rng(0)
    places = 8.0 * np.stack([rng.integers(0, 61, 200), rng.integers(0, 41, 200)], axis=1)
    field = Field(picture, places)
    found, wanted = fit_engine(bundle, [field]).glance(field), predict_crops_of(bundle, field)
    assert np.allclose(found, wanted, atol=0.02)
    assert wanted.std(axis=0).min() > 0.2


def test_doubtful_nuclei_are_decided_by_the_crop_engine(engine, bundle, monkeypatch):
    field = smooth_field(31, 200)
    glance, wanted = engine.glance(field), predict_crops_of(bundle, field)
    sure = np.median(to_probabilities(glance, bundle.config).max(axis=1))
    monkeypatch.setattr(engine_module, "SURE", sure)
    doubtful = engine.doubts(glance)
    found = engine.predict_logits(field)
    assert doubtful.sum() == 100
    assert np.allclose(found[doubtful], wanted[doubtful], atol=1e-4)
    assert np.allclose(found[~doubtful], glance[~doubtful], atol=1e-4)


def test_agreement_is_that_of_the_decisions(engine, bundle):
    fields = [smooth_field(32, 150), smooth_field(33, 50)]
    found = measure_agreement(engine, fields)
    same = np.concatenate([engine.predict_logits(f).argmax(1) == predict_crops_of(bundle, f).argmax(1) for f in fields])
    assert found.nuclei == 200
    assert found.share == same.mean()
    assert found.glance <= found.share


def test_a_lens_needs_nuclei(bundle):
    with pytest.raises(ValueError, match="a lens cannot be fitted to fields without nuclei"):
        fit_engine(bundle, [])
