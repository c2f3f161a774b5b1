"""Scales: a nucleus close, and with more and more of what lies around it, each in as many pixels as the closest."""

from torch import Tensor
from torch.nn import functional

from nucleoscope.data.centre import centre_start


def scales_up_to(times: int) -> tuple[int, ...]:
    """The scales that are looked at where a picture has so many times the width of a crop: 1, doubled up to it."""
    scales = [1]
    while scales[-1] < times:
        scales.append(min(2 * scales[-1], times))
    return tuple(scales)


def at_scale(pictures: Tensor, scale: int, surroundings: int) -> Tensor:
    """The centre of pictures at one scale; TorchScript can read this.

    Args:
        pictures: (B, 3, H, W).
        scale: how many times the width of a crop is shown, each pixel the mean of so many along either side.
        surroundings: how many times the width of a crop the pictures show.

    Returns:
        (B, 3, H / surroundings, W / surroundings), float.
    """
    height = scale * (pictures.shape[2] // surroundings)
    width = scale * (pictures.shape[3] // surroundings)
    top, left = centre_start(pictures.shape[2], height), centre_start(pictures.shape[3], width)
    part = pictures[:, :, top : top + height, left : left + width].float()
    return functional.avg_pool2d(part, scale) if scale > 1 else part
