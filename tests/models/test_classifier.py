import pytest
import torch
from torch import nn

from nucleoscope.models.classifier import NucleusClassifier, central_window


class Recorder(nn.Module):
    """Keeps what it was given."""

    def forward(self, pictures):
        self.seen = pictures
        return pictures.mean(dim=(2, 3))


def _classifier(**options):
    network = Recorder()
    defaults = {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25), "input_size": None, "head": network}
    return NucleusClassifier(network, **(defaults | options)), network


def test_it_normalises():
    model, network = _classifier()
    model(torch.full((1, 3, 8, 8), 0.75))
    assert torch.equal(network.seen, torch.ones(1, 3, 8, 8))


def test_it_resamples_to_what_the_network_demands():
    model, network = _classifier(input_size=16)
    model(torch.rand(1, 3, 8, 8))
    assert network.seen.shape == (1, 3, 16, 16)


@pytest.mark.parametrize("size", [(33, 33), (33, 21)])
def test_the_window_is_1_in_the_centre_falls_to_the_border_and_is_symmetric(size):
    window = central_window(torch.empty(1, 3, *size), 0.3)
    assert window.shape == size
    assert window[size[0] // 2, size[1] // 2] == pytest.approx(1.0)
    assert window.min() > 0.3
    assert window[0, 0] < 0.35
    assert torch.allclose(window, window.flip(0))
    assert torch.allclose(window, window.flip(1))
    assert (window[size[0] // 2, size[1] // 2 :].diff() < 0).all()


def test_surroundings_fade_to_the_mean_colour():
    model, network = _classifier(surround=0.0)
    model(torch.rand(1, 3, 65, 65))
    assert network.seen[..., 0, 0].abs().max() < 0.05
