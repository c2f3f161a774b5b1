import torch

from nucleoscope.slides.detection.network import REACH, STEP, CentreNet


def test_no_response_depends_on_pixels_beyond_the_reach():
    torch.manual_seed(0)
    network = CentreNet(width=4).double().eval()
    side = 256
    for at in (128, 128 + STEP - 1):  # the ends of a step of the coarsest maps reach farthest
        picture = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        network(picture)[0, at, at].backward()
        rows, columns = torch.nonzero(picture.grad.abs().sum(dim=(0, 1)), as_tuple=True)
        distance = max((rows - at).abs().max(), (columns - at).abs().max())
        assert REACH / 2 < distance <= REACH


def test_a_response_for_every_pixel():
    network = CentreNet(width=4).eval()
    assert network(torch.rand(2, 3, 40, 64)).shape == (2, 40, 64)
