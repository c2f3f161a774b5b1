"""Erase the nucleus from crops, or everything but the nucleus."""

import torch
from torch import Tensor
from torch.nn import functional

from nucleoscope.data.centre import crop_in
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


def erase_centre_of_crop(pictures: Tensor, radius: float, surroundings: int) -> Tensor:
    """The same where pictures show more than the crop: the disc is the crop's, and filled from the rest of the crop.

    Args:
        pictures: (B, 3, H, W), float.
        radius: of the disc, as a fraction of the crop's shorter side.
        surroundings: how many times the width of a crop the pictures show.
    """
    rows, columns = (crop_in(side, surroundings) for side in pictures.shape[2:])
    erased = pictures.clone()
    erased[..., rows, columns] = erase_centre(pictures[..., rows, columns], radius)
    return erased


def keep_centre_of_crop(pictures: Tensor, radius: float, surroundings: int) -> Tensor:
    """The same for all but the disc. Beyond the crop, what fills it goes on, at the resolution of the widest scale.

    Args:
        pictures: (B, 3, H, W), float.
        radius: of the disc, as a fraction of the crop's shorter side.
        surroundings: how many times the width of a crop the pictures show.
    """
    rows, columns = (crop_in(side, surroundings) for side in pictures.shape[2:])
    crop = keep_centre(pictures[..., rows, columns], radius)
    if surroundings == 1:
        return crop
    small = functional.avg_pool2d(crop, surroundings)
    height, width = (side // surroundings for side in pictures.shape[2:])
    y, x = crop_in(height, surroundings), crop_in(width, surroundings)
    known = torch.zeros(height, width, dtype=torch.bool, device=pictures.device)
    known[y, x] = True
    around = pictures.new_zeros(len(pictures), 3, height, width)
    around[..., y, x] = small
    kept = functional.interpolate(fill(around, known), size=pictures.shape[2:], mode="bilinear", align_corners=False)
    kept[..., rows, columns] = crop
    return kept


def _disc(pictures: Tensor, radius: float) -> Tensor:
    height, width = pictures.shape[-2:]
    return torch.from_numpy(central_disc(height, width, radius=radius)).to(pictures.device)
