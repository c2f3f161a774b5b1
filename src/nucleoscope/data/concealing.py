"""What lies around a crop is not always known: at the border of a field, or of a crop that comes by itself.

A model that sees more than the crop therefore learns with a part of the surroundings covered, so that it does without.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nucleoscope.data.centre import centre_start, crop_in
from nucleoscope.data.room import make_room

UNKNOWN = 0.25
"""Share of the crops that are learnt from with nothing around them."""

PARTLY = 0.25
"""Share that is learnt from with the surroundings beyond a straight line covered."""

_WHITE = 0.5  # share of the covers that are white, as glass and masked fields are; others have the crop's mean colour


def conceal(pictures: Tensor, surroundings: int, generator: torch.Generator) -> Tensor:
    """Cover the surroundings of some pictures, all or a part; the crop in the centre stays.

    Args:
        pictures: (B, 3, H, W) uint8.
        surroundings: how many times the width of a crop they show.
        generator: the source of randomness, on the CPU.

    Returns:
        (B, 3, H, W) uint8.
    """
    count, _, height, width = pictures.shape
    kind = torch.rand(count, generator=generator)
    angle = torch.rand(count, 1, 1, generator=generator) * (2 * math.pi)
    distance = torch.rand(count, 1, 1, generator=generator)
    distance[kind < UNKNOWN] = -2.0  # a line that leaves nothing out
    chosen = (kind < UNKNOWN + PARTLY).nonzero().flatten()
    white = torch.rand(count, generator=generator)[chosen] < _WHITE
    rows, columns = crop_in(height, surroundings), crop_in(width, surroundings)
    y, x = torch.linspace(-1.0, 1.0, height)[:, None], torch.linspace(-1.0, 1.0, width)[None, :]
    covered = torch.cos(angle[chosen]) * x + torch.sin(angle[chosen]) * y > distance[chosen]  # (K, H, W)
    covered[:, rows, columns] = False
    some = pictures[chosen.to(pictures.device)]
    colour = some[:, :, rows, columns].float().mean(dim=(2, 3), keepdim=True).round_().to(torch.uint8)
    colour[white.to(colour.device)] = 255
    changed = pictures.clone()
    changed[chosen.to(pictures.device)] = torch.where(covered[:, None].to(pictures.device), colour, some)
    return changed


def with_unknown_surroundings(crop: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A crop (h, w, 3) in the centre of a picture (*size, 3) that has its mean colour elsewhere."""
    found = np.empty((*size, 3), np.uint8)
    found[:] = np.round(crop.mean(axis=(0, 1)))
    top, left = centre_start(size[0], crop.shape[0]), centre_start(size[1], crop.shape[1])
    found[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    return found


def place_in_unknown(crops: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The same for many crops: (N, h, w, 3) to (N, *size, 3)."""
    found = make_room((len(crops), *size, 3))
    for position, crop in enumerate(crops):
        found[position] = with_unknown_surroundings(crop, size)
    return found


def without_surroundings(picture: NDArray[np.uint8], surroundings: int) -> NDArray[np.uint8]:
    """The crop in the centre of a picture (H, W, 3) that shows so many times its width, the rest in its mean colour."""
    height, width = picture.shape[:2]
    crop = picture[crop_in(height, surroundings), crop_in(width, surroundings)]
    return with_unknown_surroundings(crop, (height, width))


def shows_crop_alone(picture: NDArray[np.uint8], surroundings: int) -> bool:
    """Whether a picture (H, W, 3) shows nothing but the crop in its centre, where it could show more."""
    return surroundings > 1 and np.array_equal(picture, without_surroundings(picture, surroundings))
