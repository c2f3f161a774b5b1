"""Erase the nucleus from crops, or everything but the nucleus."""

import torch
from torch import Tensor

from nucleoscope.explanation.centre import central_disc
from nucleoscope.explanation.fill import fill


def erase_centre(pictures: Tensor, radius: float) -> Tensor:
    """Pictures (B, 3, H, W), float, with the central disc filled from its surroundings.

    Args:
        pictures: (B, 3, H, W), float.
        radius: of the disc, as a fraction of the shorter side, 0 to 0.5; 0 erases nothing.
    """
    return fill(pictures, ~_disc(pictures, radius)) if radius > 0 else pictures


def keep_centre(pictures: Tensor, radius: float) -> Tensor:
    """Pictures (B, 3, H, W), float, with all but the central disc filled from within.

    Not with the mean colour of the crop: that would tell what the surroundings look like.

    Args:
        pictures: (B, 3, H, W), float.
        radius: of the disc, as a fraction of the shorter side, above 0 and so large that it holds a pixel.
    """
    return fill(pictures, _disc(pictures, radius))


def _disc(pictures: Tensor, radius: float) -> Tensor:
    height, width = pictures.shape[-2:]
    return torch.from_numpy(central_disc(height, width, radius=radius)).to(pictures.device)
