import numpy as np
import torch

from nucleoscope.models.bundle import Bundle, BundleConfig
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.logits import predict_logits
from nucleoscope.prediction.probabilities import predict_probabilities, to_probabilities, uncalibrated

SPECIFICATION = Specification(Kind.MODEL1, 3, (24, 24), 8)
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 24, 24, 3), dtype=np.uint8)


def _config(**changes):
    return BundleConfig(SPECIFICATION, ("a", "b", "c"), (0, 1, 2), (0.5,) * 3, (0.5,) * 3, **changes)


def test_the_batch_size_changes_nothing_and_progress_counts_to_the_end(cpu):
    model = SPECIFICATION.build(None)[0]
    told = []
    whole = predict_logits(model, IMAGES, device=cpu)
    parts = predict_logits(model, IMAGES, device=cpu, batch_size=3, progress=lambda *done: told.append(done))
    assert torch.allclose(whole, parts, atol=0.02)  # bfloat16, where the processor has it
    assert told == [(3, 10), (6, 10), (9, 10), (10, 10)]
    assert not model.training


def test_an_index_chooses_and_orders(cpu):
    model = SPECIFICATION.build(None)[0]
    whole = predict_logits(model, IMAGES, device=cpu)
    some = predict_logits(model, IMAGES, np.array([4, 1]), device=cpu)
    assert torch.allclose(some, whole[[4, 1]], atol=0.02)


def test_probabilities_sum_to_one_and_temperature_keeps_the_order():
    logits = np.array([[2.0, 1.0, 0.0]])
    plain, soft = to_probabilities(logits, _config()), to_probabilities(logits, _config(temperature=4.0))
    assert np.allclose(plain.sum(), 1.0)
    assert soft.max() < plain.max()
    assert (soft.argsort() == plain.argsort()).all()
    assert (uncalibrated(logits, _config(temperature=4.0)) == plain).all()


def test_the_adjustment_of_the_bundle_is_added():
    assert to_probabilities(np.array([[2.0, 1.0, 0.0]]), _config(adjustment=(0.0, 5.0, 0.0))).argmax() == 1


def test_a_bundle_predicts_probabilities():
    found = predict_probabilities(Bundle(SPECIFICATION.build(None)[0], _config()), IMAGES)
    assert found.shape == (10, 3)
    assert np.allclose(found.sum(axis=1), 1.0)
