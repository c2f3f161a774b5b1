"""Augmentation of whole batches in a few tensor operations, and the one transform of evaluation.

Geometry (flips, quarter turns, small turns, scale, shift and the change to the training size) is one affine
sampling. Stain and colour are one affine map of optical density: haematoxylin, eosin and residual are each
scaled and shifted (Tellez et al. 2018, doi:10.1109/TMI.2018.2820199) in the basis of Ruifrok and Johnston
(2001), and brightness, contrast and saturation are further factors of the same 3x3 matrix.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from nucleoscope.data.scales import at_scale, scales_up_to

# Optical density of haematoxylin, eosin and DAB in R, G, B (Ruifrok and Johnston 2001), rows of unit length.
_STAINS = torch.tensor([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
_AT_ONCE = 8  # wide pictures that are turned into numbers, so that these stay in memory that is used again
_DENSITY = -torch.log((torch.arange(256, dtype=torch.float32) + 1.0) / 256.0)


@dataclass(frozen=True)
class Jitter:
    """How far a crop may be changed at strength 1; each value is the half width of a uniform range."""

    shift: float = 0.06  # of the side
    scale: float = 0.12
    turn: float = 15.0  # degrees, on top of quarter turns
    stain_scale: float = 0.25
    stain_shift: float = 0.05  # optical density
    brightness: float = 0.05  # optical density
    contrast: float = 0.15
    saturation: float = 0.20


def to_float(pictures: Tensor) -> Tensor:
    """The transform of evaluation: uint8 (B, 3, H, W) -> float32 in 0..1."""
    return pictures.float() / 255.0


def augment(
    pictures: Tensor,
    size: tuple[int, int],
    strength: float,
    generator: torch.Generator,
    jitter: Jitter | None = None,
    grey: float = 0.0,
) -> Tensor:
    """Change every crop of a batch at random, each in its own way.

    Args:
        pictures: (B, 3, H, W) uint8.
        size: height and width to sample at.
        strength: 0 keeps geometry to flips and quarter turns and leaves the colours; 1 is the full `jitter`.
        generator: the source of randomness, on the CPU.
        jitter: ranges at strength 1.
        grey: share of the crops that lose their colour, whatever the strength.

    Returns:
        (B, 3, *size) float32 in 0..1.
    """
    ranges = jitter or Jitter()
    density = _DENSITY.to(pictures.device)[pictures.int()]  # (B, 3, H, W)
    geometry = _geometry(len(pictures), pictures.shape[-2] / pictures.shape[-1], strength, ranges, generator)
    return _recoloured(_warped(density, geometry, size), strength, generator, ranges, grey)


def augment_scales(
    pictures: Tensor,
    surroundings: int,
    strength: float,
    generator: torch.Generator,
    grey: float = 0.0,
) -> Tensor:
    """Change every picture of a batch at random and show it at several scales.

    All scales of a picture are turned and coloured alike, and shifted by the same share of their own side.

    Args:
        pictures: (B, 3, H, W) uint8.
        surroundings: how many times the width of a crop they show; `data.scales` says which S scales that makes.
        strength: see `augment`.
        generator: the source of randomness, on the CPU.
        grey: see `augment`.

    Returns:
        (S, B, 3, H / surroundings, W / surroundings) float32 in 0..1.
    """
    ranges = Jitter()
    geometry = _geometry(len(pictures), pictures.shape[-2] / pictures.shape[-1], strength, ranges, generator)
    warped = []
    for scale in scales_up_to(surroundings):
        shown = torch.cat([at_scale(some, scale, surroundings) for some in torch.split(pictures, _AT_ONCE)])
        density = -torch.log((shown + 1.0) / 256.0)
        warped.append(_warped(density, geometry, (density.shape[-2], density.shape[-1])))
    tall = torch.cat(warped, dim=2)  # (B, 3, S h, w): all scales of a picture take the same colours
    return torch.stack(_recoloured(tall, strength, generator, ranges, grey).chunk(len(warped), dim=2))


def _warped(density: Tensor, geometry: Tensor, size: tuple[int, int]) -> Tensor:
    """Density (B, C, H, W) sampled at `size` where `geometry` (B, 2, 3) says."""
    grid = functional.affine_grid(geometry.to(density.device), [len(density), 3, *size], align_corners=False)
    return functional.grid_sample(
        density.contiguous(memory_format=torch.channels_last),
        grid,
        padding_mode="reflection",
        align_corners=False,
    )


def _recoloured(density: Tensor, strength: float, generator: torch.Generator, ranges: Jitter, grey: float) -> Tensor:
    """Pictures (B, 3, H, W) in 0..1 of density of that shape, in other colours or without any."""
    if strength > 0:
        density = recolour(density, strength, generator, ranges)
    if grey > 0:
        faded = torch.rand(len(density), 1, 1, 1, generator=generator) < grey
        density = torch.where(faded.to(density.device), density.mean(dim=1, keepdim=True), density)
    return torch.exp(-density).clamp_(0.0, 1.0)


def recolour(density: Tensor, strength: float, generator: torch.Generator, jitter: Jitter | None = None) -> Tensor:
    """Change stain and colour of every picture of a batch at random.

    Args:
        density: (B, 3, H, W) optical density, natural logarithm.
        strength: 1 is the full `jitter`.
        generator: the source of randomness, on the CPU.
        jitter: ranges at strength 1.

    Returns:
        Optical density of the same shape.
    """
    matrix, offset = _colour(len(density), strength, jitter or Jitter(), generator)
    flat = density.flatten(2)  # (B, 3, H*W)
    return torch.baddbmm(offset.to(density.device), matrix.to(density.device), flat).view_as(density)


def _uniform(count: int, half_width: float, generator: torch.Generator, columns: int = 1) -> Tensor:
    """Uniform in -half_width..half_width, (count, columns)."""
    return (torch.rand(count, columns, generator=generator) * 2.0 - 1.0) * half_width


def _geometry(count: int, aspect: float, strength: float, ranges: Jitter, generator: torch.Generator) -> Tensor:
    """Maps from output to input coordinates in -1..1, (count, 2, 3); `aspect` is height through width."""
    quarter = torch.randint(0, 4, (count, 1), generator=generator) * (math.pi / 2)
    angle = quarter + _uniform(count, math.radians(ranges.turn) * strength, generator)
    scale = torch.exp(_uniform(count, ranges.scale * strength, generator))
    mirror = torch.randint(0, 2, (count, 1), generator=generator) * 2.0 - 1.0
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift = _uniform(count, 2.0 * ranges.shift * strength, generator, columns=2)  # the side is 2 long
    # Coordinates run from -1 to 1 along either side, so that a turn mixes units of different length.
    rows = [cosine * mirror, -sine * aspect, shift[:, :1], sine * mirror / aspect, cosine, shift[:, 1:]]
    return torch.cat(rows, dim=1).view(count, 2, 3)


def _colour(count: int, strength: float, ranges: Jitter, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Affine maps of optical density: matrices (count, 3, 3) that act on columns, offsets (count, 3, 1)."""
    stains = _STAINS / _STAINS.norm(dim=1, keepdim=True)
    scale = 1.0 + _uniform(count, ranges.stain_scale * strength, generator, columns=3)
    shift = _uniform(count, ranges.stain_shift * strength, generator, columns=3)
    # A row of density d has the stain amounts d S^-1; scaled by diag(scale), shifted, and mixed again by S.
    stain = torch.linalg.inv(stains) @ torch.diag_embed(scale) @ stains  # (count, 3, 3), acts on rows
    grey = torch.full((3, 3), 1.0 / 3.0)
    vivid = 1.0 + _uniform(count, ranges.saturation * strength, generator)[:, :, None]
    contrast = 1.0 + _uniform(count, ranges.contrast * strength, generator)[:, :, None]
    colour = contrast * (vivid * torch.eye(3) + (1.0 - vivid) * grey)
    brightness = _uniform(count, ranges.brightness * strength, generator)[:, :, None]
    matrix = (stain @ colour).transpose(1, 2)
    offset = (shift[:, None, :] @ stains @ colour).transpose(1, 2) + brightness
    return matrix.contiguous(), offset
