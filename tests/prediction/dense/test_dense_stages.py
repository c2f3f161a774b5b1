import pytest
import torch
from networks import SIZE, tiny_bundle

from nucleoscope.errors import ConfigError
from nucleoscope.models.pretrained import build_pretrained
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.prediction.dense.field_map import run_in_pieces, sample_windows
from nucleoscope.prediction.dense.stages import DENSE_STRIDE, EARLY_STRIDE, cut_network
from nucleoscope.prediction.dense.strides import measure_strides

PICTURES = torch.rand(2, 3, *SIZE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("backbone", ["mobilenet_v2", "resnet18"])
@torch.no_grad()
def test_trunk_and_tail_are_the_network(backbone):
    model = build_pretrained(backbone, 3, (100, 100), None)[0].eval()
    stages = cut_network(model, (100, 100))
    pictures = torch.rand(2, 3, 100, 100)
    assert torch.allclose(stages.tail(stages.trunk(pictures)), model.network(pictures), atol=1e-5)


@torch.no_grad()
def test_the_dense_maps_hold_the_coarse_ones():
    # Far from the border: what lies beyond it is zero in both, but at maps of different steps.
    stages = cut_network(tiny_bundle().model, SIZE)
    pictures = torch.rand(1, 3, 512, 512)
    fine, coarse = stages.late(stages.early(pictures)), stages.trunk(pictures)
    middle = slice(6, 11)
    assert torch.allclose(fine[..., ::4, ::4][..., middle, middle], coarse[..., middle, middle], atol=1e-5)


def test_the_network_and_its_weights_stay_as_they_are():
    model = tiny_bundle().model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    stages = cut_network(model, SIZE)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert {id(p) for p in stages.late.parameters()} <= {id(p) for p in model.parameters()}
    assert model.network.features[3][0].stride == (2, 2)


def test_strides_and_halos_are_those_of_the_layers():
    reaches = measure_strides(tiny_bundle().model.network.features.eval())
    assert [reach.stride for reach in reaches] == [2, 4, 8, 16, 16, 32, 32]
    assert [reach.halo for reach in reaches] == [1, 2, 4, 8, 16, 16, 32]


def test_the_halo_is_as_far_as_the_early_stage_sees():
    stages = cut_network(tiny_bundle().model, SIZE)
    pictures = torch.zeros(1, 3, 128, 128, requires_grad=True)
    pictures.data.uniform_()
    stages.early(pictures)[0, :, 16, 16].sum().backward()
    seen = pictures.grad[0].abs().sum(dim=(0, 1)).nonzero().flatten()
    assert 64 - seen.min() <= stages.early_halo
    assert seen.max() - 64 <= stages.early_halo


@pytest.mark.parametrize("tile", [32, 48, 1000])
@torch.no_grad()
def test_pieces_are_the_whole(tile):
    stages = cut_network(tiny_bundle().model, SIZE)
    pictures = torch.rand(1, 3, 160, 96)
    found = run_in_pieces(stages.early, pictures, tile, stages.early_halo, EARLY_STRIDE)
    assert torch.allclose(found, stages.early(pictures), atol=1e-6)


def test_windows_are_interpolated_between_steps():
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    features = torch.stack([x, y])
    places = torch.tensor([[3.25, 4.0], [7.5, 9.75]])
    found = sample_windows(features, places, (3, 2), 4)  # (rows * columns, N, C)
    grid = torch.tensor([(column, row) for row in (0.0, 4.0, 8.0) for column in (0.0, 4.0)])
    assert torch.allclose(found, grid[:, None] + places[None])


@pytest.mark.parametrize(
    ("backbone", "why"),
    [
        ("efficientnet_b0", "EfficientNet: it averages over the whole picture in its early layers"),
        ("vgg11", "VGG: it has maps of 13 steps for 128 pixels at a stride of 8"),
        ("vit_b_16", "VisionTransformer: it resamples crops to 224x224 pixels"),
    ],
)
def test_networks_that_cannot_be_cut_are_refused(backbone, why):
    model = build_pretrained(backbone, 3, (100, 100), None)[0]
    with pytest.raises(ConfigError) as error:
        cut_network(model, (100, 100))
    assert str(error.value) == f"the dense engine cannot run {why}; use the crop engine"


def test_model1_is_refused():
    with pytest.raises(ConfigError) as error:
        cut_network(Specification(Kind.MODEL1, 3, (100, 100), 8).build(None)[0], (100, 100))
    assert str(error.value) == (
        "the dense engine cannot run SmallNet: it has no maps at 4 and at 32 pixels a step, one after the other; "
        "use the crop engine"
    )


def test_a_network_that_is_no_chain_is_refused():
    bundle = tiny_bundle()
    network = bundle.model.network
    plain = network.forward
    network.forward = lambda pictures: plain(pictures) + pictures.mean()  # the input comes in again behind the trunk
    with pytest.raises(ConfigError) as error:
        cut_network(bundle.model, SIZE)
    assert str(error.value) == (
        "the dense engine cannot run TinyNet: it does not run its layers one after another; use the crop engine"
    )
    assert DENSE_STRIDE == 8
