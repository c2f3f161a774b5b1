import pytest
import torch
from torch import nn

from nucleoscope.errors import ConfigError
from nucleoscope.models.small import SmallNet, check_depth, weighted_layers


def test_model1_has_eight_layers_with_weights():
    assert weighted_layers(SmallNet(4)) == 8


def test_a_ninth_layer_is_an_error():
    network = nn.Sequential(SmallNet(4), nn.Linear(4, 4))
    with pytest.raises(ConfigError) as error:
        check_depth(network)
    assert str(error.value) == (
        "model1 has 9 layers with weights; the task allows at most 8 (convolution + linear): remove layers"
    )


@pytest.mark.parametrize("size", [(24, 24), (100, 100), (33, 60)])
@pytest.mark.parametrize("classes", [2, 7])
def test_any_size_and_number_of_classes(size, classes):
    assert SmallNet(classes, width=8)(torch.rand(2, 3, *size)).shape == (2, classes)


def test_the_centre_counts_more_than_the_border():
    network = SmallNet(3, width=8).eval()
    plain = torch.zeros(1, 3, 64, 64)
    centre, corner = plain.clone(), plain.clone()
    centre[..., 28:36, 28:36] = 1.0
    corner[..., :8, :8] = 1.0
    assert not torch.allclose(network(centre), network(corner))
