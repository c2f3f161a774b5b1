"""Fill a hole in pictures smoothly from what surrounds it: nothing of what was in the hole is used.

The pull-push pyramid of Gortler et al. (The Lumigraph, SIGGRAPH 1996): known pixels are averaged into ever
coarser pictures until no hole is left; then each picture takes what it lacks from the coarser one. At each step the
filled pixels are drawn towards the mean of their neighbours, as a membrane that hangs from the rim of the hole would
be (the multigrid idea of Brandt 1977), so that there is no seam.
"""

import torch
from torch import Tensor
from torch.nn import functional

_SWEEPS = 6  # at each step; the coarser steps have settled what is far from the rim


def fill(pictures: Tensor, known: Tensor) -> Tensor:
    """Replace the pixels that are not known, in all pictures at once.

    Args:
        pictures: (B, C, H, W) float.
        known: (H, W) bool, on the same device; at least one is true. The other pixels may hold anything, NaN too.

    Returns:
        (B, C, H, W): unchanged where known; elsewhere within the range of what is known.
    """
    assert known.any(), "a picture of which nothing is known cannot be filled"
    known = known[None, None]
    return _fill(torch.where(known, pictures, 0.0).contiguous(), known)


def _fill(values: Tensor, known: Tensor) -> Tensor:
    """Values (B, C, H, W), 0 where not known, and known (1, 1, H, W) bool -> values without a hole."""
    if bool(known.all()):
        return values
    height, width = values.shape[-2:]
    coarse = _fill(*_halve(values, known))
    # Of an odd side the last coarse pixel covers one that does not exist.
    size = (2 * coarse.shape[-2], 2 * coarse.shape[-1])
    finer = functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)[..., :height, :width]
    filled = torch.where(known, values, finer)
    for _ in range(_SWEEPS):
        filled = torch.where(known, values, _mean_of_neighbours(filled))
    return filled


def _halve(values: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Means of the known pixels in blocks of 2x2, and which blocks have one."""
    weights = known.to(values.dtype)
    share = functional.avg_pool2d(weights, 2, ceil_mode=True)
    total = functional.avg_pool2d(values, 2, ceil_mode=True)
    return total / share.clamp(min=0.25), share > 0  # one known pixel of four makes 0.25


def _mean_of_neighbours(values: Tensor) -> Tensor:
    """The mean of the four neighbours of each pixel; beyond the border lies what lies at it."""
    padded = functional.pad(values, (1, 1, 1, 1), mode="replicate")
    sides = padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:] + padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return sides / 4.0
