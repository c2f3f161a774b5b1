import pytest
import torch
from torch import nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.head import EmbeddingClassifier, make_head
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.embeddings import embed


@pytest.mark.parametrize("hidden", [0, 16])
@pytest.mark.parametrize("backbone", ["mobilenet_v3_small", "timm:test_vit", "timm:deit_tiny_distilled_patch16_224"])
def test_a_head_trained_alone_joins_its_backbone_and_makes_a_normal_bundle(backbone, hidden, tmp_path):
    torch.manual_seed(0)
    specification = Specification(Kind.MODEL2, 3, (32, 32), backbone=backbone, hidden=hidden)
    model = specification.build(None)[0].eval()
    pictures = torch.rand(4, 3, 32, 32)
    embeddings = embed(model, pictures)
    width = embeddings.shape[1]
    alone = EmbeddingClassifier(make_head(width, 3, hidden), torch.randn(width), 0.1 + torch.rand(width))
    with torch.no_grad():
        expected = alone(embeddings)
        alone.fold_into(model)
        assert torch.allclose(model(pictures), expected, atol=1e-3)
    assert model.head is alone.head
    assert any(module is model.head for module in model.network.modules())
    config = BundleConfig(
        specification,
        ("a", "b", "c"),
        (0, 1, 2),
        tuple(model.mean.flatten().tolist()),
        tuple(model.std.flatten().tolist()),
    )
    save_bundle(tmp_path, Bundle(model, config), "card")
    with torch.no_grad():
        assert torch.equal(load_bundle(tmp_path).model(pictures), model(pictures))


def test_a_hidden_layer_is_one():
    head = make_head(10, 3, 7)
    assert [type(layer) for layer in head] == [nn.Linear, nn.GELU, nn.Linear]
    assert head(torch.rand(2, 10)).shape == (2, 3)


def test_a_hidden_layer_needs_a_linear_head():
    with pytest.raises(ConfigError, match="squeezenet1_0 ends in Conv2d, not in a linear layer"):
        Specification(Kind.MODEL2, 3, (64, 64), backbone="squeezenet1_0", hidden=8).build(None)
