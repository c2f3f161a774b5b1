"""A network that sees several scales of one picture."""

import pytest
import torch
from torch import nn

from nucleoscope.models.scales import ScalesNetwork
from nucleoscope.models.small import weighted_layers
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.embeddings import embed

SIDE = 32


def test_the_closest_scale_fades_and_the_others_do_not():
    seen = []
    trunk = nn.Flatten()
    trunk.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    network = ScalesNetwork(trunk, nn.Identity(), 2, (32, 32), 0.3, None)
    network(torch.ones(5, 3, 64, 64))
    close, wide = seen[0].chunk(2)
    assert close[0, 0, 0, 0] < 0.35
    assert close[0, 0, 16, 16] > 0.99
    assert torch.equal(wide, torch.ones(5, 3, 32, 32))


def test_scales_that_were_split_before_are_seen_alike():
    specification = Specification(Kind.MODEL1, 3, (64, 64), width=8, surroundings=2)
    model = specification.build(None)[0].eval()
    pictures = torch.rand(4, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(model(model.network.split(pictures)), model(pictures), atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "backbone"), [(Kind.MODEL1, "mobilenet_v2"), (Kind.MODEL2, "mobilenet_v2"), (Kind.MODEL2, "timm:test_vit")]
)
def test_the_head_reads_what_each_scale_gave(kind, backbone):
    torch.manual_seed(0)
    close = Specification(kind, 3, (SIDE, SIDE), width=8, backbone=backbone)
    wide = Specification(kind, 3, (4 * SIDE, 4 * SIDE), width=8, backbone=backbone, surroundings=4)
    assert wide.crop_size == close.size
    one, model = close.build(None)[0].eval(), wide.build(None)[0]
    pictures = torch.rand(2, 3, 4 * SIDE, 4 * SIDE)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0  # after one pass, what the layers see has a deviation of 1
    model.train()(pictures)
    model.eval()
    with torch.no_grad():
        logits, embeddings = model(pictures), embed(model, pictures)
        assert logits.shape == (2, 3)
        assert torch.allclose(model.head(embeddings), logits, atol=1e-5)
        changed = pictures.clone()
        changed[1, :, 48:80, 48:80] = 0.0  # the crop of the second picture alone
        assert torch.allclose(model(changed)[0], logits[0], atol=1e-5)
        assert not torch.allclose(model(changed)[1], logits[1], atol=1e-3)
    assert embeddings.shape == (2, 3 * embed(one, pictures[..., :SIDE, :SIDE]).shape[1])


def test_model1_keeps_to_its_eight_layers():
    assert weighted_layers(Specification(Kind.MODEL1, 3, (64, 64), surroundings=2).build(None)[0]) == 8


def test_a_specification_is_written_with_its_surroundings_only_if_it_has_some():
    assert "surroundings" not in Specification(Kind.MODEL1, 3, (64, 64)).to_mapping()
    wide = Specification(Kind.MODEL1, 3, (64, 64), surroundings=2)
    assert Specification.from_mapping(wide.to_mapping(), "test") == wide
