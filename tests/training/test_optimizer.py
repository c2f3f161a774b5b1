import numpy as np
import pytest

from nucleoscope.config import Training
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.training.loss import class_weights
from nucleoscope.training.optimizer import build_optimizer, set_rate


def test_every_parameter_is_in_one_group_and_norms_do_not_decay():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    optimizer = build_optimizer(model, Training(backbone_rate=0.1, weight_decay=0.02))
    grouped = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(map(id, grouped)) == sorted(map(id, model.parameters()))
    for group in optimizer.param_groups:
        assert {parameter.ndim > 1 for parameter in group["params"]} == {group["weight_decay"] > 0}


def test_the_backbone_has_its_own_rate():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    settings = Training(learning_rate=0.01, backbone_rate=0.1)
    optimizer = build_optimizer(model, settings)
    assert set_rate(optimizer, settings, 0.25) == pytest.approx(0.01)
    rate_of = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert rate_of[id(model.head.weight)] == pytest.approx(0.01)
    assert rate_of[id(model.network.features[0][0].weight)] == pytest.approx(0.001)


def test_the_rate_rises_once_and_falls_to_nothing():
    model, _ = build_pretrained("mobilenet_v3_small", 2, (64, 64), None)
    settings = Training()
    rates = [set_rate(build_optimizer(model, settings), settings, step / 100) for step in range(101)]
    peak = int(np.argmax(rates))
    assert peak == 25
    assert all(np.diff(rates[:26]) > 0)
    assert all(np.diff(rates[25:]) < 0)
    assert rates[-1] == pytest.approx(0.0, abs=1e-9)


def test_class_weights_balance_and_keep_the_mean_weight_of_a_crop():
    labels = np.repeat([0, 1, 3], [10, 30, 60])
    for power in (0.0, 0.5, 1.0):
        weights = class_weights(labels, 4, power)
        assert weights[labels].mean() == pytest.approx(1.0)
        assert weights[2] == 0.0 or power == 0.0
    full = class_weights(labels, 4, 1.0)
    assert full[0] * 10 == pytest.approx(full[3] * 60)
    assert class_weights(labels, 4, 0.0)[[0, 1, 3]].tolist() == pytest.approx([1, 1, 1])
