import numpy as np
import pytest
import torch
from torch import nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction import embeddings as module
from nucleoscope.prediction.embeddings import View, backbone_fingerprint, check_embeds, embed, keep_embeddings
from nucleoscope.prediction.views import make_views


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Specification(Kind.MODEL2, 3, (32, 32), backbone="timm:resnet10t", surround=0.3).build(None)[0].eval()


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3), np.uint8)


def test_the_head_of_an_embedding_is_the_logits(model, images):
    pictures = torch.from_numpy(images[:5]).permute(0, 3, 1, 2).float() / 255.0
    found = embed(model, pictures)
    assert found.shape == (5, 512)
    with torch.no_grad():
        assert torch.allclose(model.head(found), model(pictures), atol=1e-5)


def test_what_is_kept_is_what_the_backbone_gives(model, images, tmp_path, cpu):
    file = keep_embeddings(model, images, View(), tmp_path, device=cpu)
    assert file == tmp_path / "turned-0.npy"
    kept = np.load(file)
    assert (kept.dtype, kept.shape) == (np.float16, (70, 512))
    expected = embed(model, torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255.0).numpy()
    assert np.abs(kept - expected).max() < 0.03 * np.abs(expected).max()  # bfloat16 where the processor has it
    assert [path.name for path in tmp_path.iterdir()] == ["turned-0.npy"]


def test_a_second_call_computes_nothing(model, images, tmp_path, cpu, monkeypatch):
    file = keep_embeddings(model, images, View(), tmp_path, device=cpu)
    monkeypatch.setattr(module, "embed", None)
    assert keep_embeddings(model, images, View(), tmp_path, device=cpu) == file


def test_a_stop_loses_the_block_under_way_only(model, images, tmp_path, cpu, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 16)
    view = View(strength=1.0, seed=4)
    whole = np.load(keep_embeddings(model, images, view, tmp_path / "whole", device=cpu))

    class StopError(Exception):
        pass

    def stop(done, total):
        if done >= 32:
            raise StopError

    with pytest.raises(StopError):
        keep_embeddings(model, images, view, tmp_path / "stopped", device=cpu, progress=stop)
    assert sorted(path.name for path in (tmp_path / "stopped").rglob("*.npy")) == ["0.npy", "16.npy"]
    done = []
    original = module._block
    monkeypatch.setattr(module, "_block", lambda *given: done.append(given[3]) or original(*given))
    again = np.load(keep_embeddings(model, images, view, tmp_path / "stopped", device=cpu))
    assert done == [32, 48, 64]
    assert np.array_equal(again, whole)


def test_a_file_that_was_cut_short_is_written_again(model, images, tmp_path, cpu):
    file = keep_embeddings(model, images, View(), tmp_path, device=cpu)
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    assert keep_embeddings(model, images, View(), tmp_path, device=cpu).read_bytes() == whole


def test_views_turn_as_predictions_do(images):
    pictures = torch.from_numpy(images[:2]).permute(0, 3, 1, 2)
    expected = list(make_views(pictures.float() / 255.0, 8))
    for turn in range(8):
        assert torch.equal(View(turn).show(pictures, 0, nn.Identity()), expected[turn])


def test_copies_differ_by_seed_and_place_and_are_the_same_again(images):
    pictures = torch.from_numpy(images[:2]).permute(0, 3, 1, 2)
    one, other = View(strength=1.0, seed=1), View(strength=1.0, seed=2)
    assert torch.equal(one.show(pictures, 0, nn.Identity()), one.show(pictures, 0, nn.Identity()))
    assert not torch.equal(one.show(pictures, 0, nn.Identity()), other.show(pictures, 0, nn.Identity()))
    assert not torch.equal(one.show(pictures, 0, nn.Identity()), one.show(pictures, 64, nn.Identity()))
    assert one.name != other.name


def test_the_fingerprint_is_of_the_backbone_alone(model, cpu):
    before = backbone_fingerprint(model, cpu)
    with torch.no_grad():
        model.head.weight += 1.0
    assert backbone_fingerprint(model, cpu) == before
    with torch.no_grad():
        model.network.conv1[0].weight[0, 0, 0, 0] += 1.0
    assert backbone_fingerprint(model, cpu) != before


def test_a_network_that_ends_in_a_convolution_is_refused():
    model, _ = Specification(Kind.MODEL2, 3, (64, 64), backbone="squeezenet1_1").build(None)
    with pytest.raises(ConfigError) as error:
        check_embeds(model, (64, 64), "squeezenet1_1")
    assert str(error.value) == (
        "squeezenet1_1 ends in Conv2d, not in a linear layer: it has no embedding to train a head on; take another "
        "--backbone, or leave --frozen, --hidden and --surroundings out"
    )


def test_a_network_with_something_behind_its_head_is_refused():
    head = nn.Linear(3, 2)
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), head, nn.Sigmoid())
    model = NucleusClassifier(network, (0.5,) * 3, (0.5,) * 3, None, head)
    with pytest.raises(ConfigError) as error:
        check_embeds(model, (8, 8), "strange")
    assert str(error.value) == (
        "strange does something after its last layer or gives it no plain embedding: it cannot be used frozen; take "
        "another --backbone, or leave --frozen out"
    )


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "timm:test_vit", "timm:deit_tiny_distilled_patch16_224"])
def test_networks_of_both_libraries_embed(name):
    check_embeds(Specification(Kind.MODEL2, 3, (32, 32), backbone=name).build(None)[0], (32, 32), name)


def test_damaged_weights_are_told(images, tmp_path, cpu):
    model, _ = Specification(Kind.MODEL2, 3, (32, 32), backbone="timm:resnet10t").build(None)
    with torch.no_grad():
        model.network.conv1[0].weight.fill_(float("nan"))
    with pytest.raises(ConfigError, match="embeddings hold numbers that are infinite or none; expected finite ones"):
        keep_embeddings(model, images, View(), tmp_path, device=cpu)
    assert not list(tmp_path.rglob("*.npy"))


def test_copies_for_a_network_of_scales_lack_some_of_the_surroundings():
    model = Specification(Kind.MODEL1, 2, (64, 64), width=8, surroundings=2).build(None)[0].eval()
    pictures = torch.randint(0, 200, (64, 3, 64, 64), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    shown = View(strength=0.0).show(pictures, 0, model.network)
    assert shown.shape == (2, 64, 3, 32, 32)
    white = (shown[1, :, :, 0, 0] > 0.99).all(dim=1)  # of the pictures at the wider scale, the corner
    assert 2 <= white.sum() <= 30
    assert embed(model, shown).shape == (64, 2 * 8 * 8)


def test_other_scales_are_another_backbone(cpu):
    torch.manual_seed(0)
    one = Specification(Kind.MODEL1, 2, (64, 64), width=8, surroundings=2).build(None)[0]
    other = Specification(Kind.MODEL1, 2, (96, 96), width=8, surroundings=3).build(None)[0]
    other.network.trunk.load_state_dict(one.network.trunk.state_dict())
    assert backbone_fingerprint(one, cpu) != backbone_fingerprint(other, cpu)
