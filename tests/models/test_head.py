import pytest
import torch
from torch import nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.head import EmbeddingClassifier, make_head, replace_head
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.embeddings import embed


@pytest.mark.parametrize("hidden", [0, 16])
@pytest.mark.parametrize("backbone", ["mobilenet_v3_small", "timm:test_vit"])
def test_a_head_trained_alone_joins_its_backbone_and_makes_a_normal_bundle(backbone, hidden, tmp_path):
    torch.manual_seed(0)
    specification = Specification(Kind.MODEL2, 3, (32, 32), backbone=backbone, hidden=hidden, standardised=True)
    model = specification.build(None)[0].eval()
    pictures = torch.rand(4, 3, 32, 32)
    embeddings = embed(model, pictures)
    width = embeddings.shape[1]
    alone = EmbeddingClassifier(make_head(width, 3, hidden, standardised=True))
    alone.head[0].mean += torch.randn(width)
    alone.head[0].deviation *= 0.1 + torch.rand(width)
    with torch.no_grad():
        expected = alone(embeddings)
        replace_head(model, alone.head)
        assert torch.allclose(model(pictures), expected, atol=1e-5)
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


def test_large_means_cost_no_digits_in_bfloat16():
    """Folded into the linear layer they would: the head of a far-off embedding is then wrong in its first digit."""
    torch.manual_seed(0)
    head = make_head(64, 3, standardised=True)
    head[0].mean += 50.0
    head[0].deviation *= 0.1
    embeddings = 50.0 + 0.1 * torch.randn(20, 64)
    with torch.no_grad():
        exact = head(embeddings)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert (head(embeddings).float() - exact).abs().max() < 0.01 * exact.abs().max()


def test_a_specification_without_a_head_of_its_own_is_written_as_before():
    assert not {"hidden", "standardised", "timm"} & set(Specification(Kind.MODEL2, 3, (32, 32)).to_mapping())
