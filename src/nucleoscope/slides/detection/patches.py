"""Patches to learn from: cut from fields at random places, turned, scaled, mirrored, and stained anew."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from nucleoscope.data.augment import recolour
from nucleoscope.slides.detection.grid import Block, Grid
from nucleoscope.slides.detection.labelled import LabelledField
from nucleoscope.slides.detection.targets import proximity

_SCALE = 0.2  # a patch shows up to so much more or less tissue, as a natural logarithm


@dataclass(frozen=True)
class LearningField:
    """A field at the resolution of the detector.

    Attributes:
        layers: (4, H, W) float32: red, green, blue and the proximity of a centre, all in 0..1.
        nuclei: (N, 2) x, y of the centres in its pixels.
    """

    layers: Tensor
    nuclei: NDArray[np.float64]


def learning_field(field: LabelledField, mpp: float) -> LearningField:
    """Read a field as a whole.

    Raises:
        DataError: it is too coarse.
    """
    grid = Grid.at(field.image, mpp)
    width, height = grid.size
    pixels = grid.read(Block(0, 0, width, height))
    nuclei = field.centres / grid.step
    target = proximity((height, width), nuclei, mpp)
    layers = np.concatenate([pixels.astype(np.float32) / 255.0, target[..., None]], axis=2)
    return LearningField(torch.from_numpy(layers).permute(2, 0, 1).contiguous(), nuclei)


def draw_patches(
    fields: Sequence[LearningField], count: int, side: int, strength: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw patches: every pixel of every field is as likely to be in the middle of one.

    Args:
        fields: to draw from.
        count: B, how many.
        side: in pixels.
        strength: of the changes of stain.
        generator: the source of randomness, on the CPU.

    Returns:
        Pictures (B, 3, side, side) in 0..1 and their targets (B, side, side).
    """
    area = torch.tensor([float(field.layers[0].numel()) for field in fields])
    chosen = torch.multinomial(area, count, replacement=True, generator=generator)
    patches = torch.cat([_patch(fields[index].layers, side, generator) for index in chosen.tolist()])
    pictures = patches[:, :3]
    if strength > 0:
        density = -torch.log((pictures * 255.0 + 1.0) / 256.0)
        pictures = torch.exp(-recolour(density, strength, generator)).clamp_(0.0, 1.0)
    return pictures, patches[:, 3]


def _patch(layers: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """One patch (1, 4, side, side) from a random place of a field, at a random turn, scale and mirroring."""
    height, width = layers.shape[1:]
    draw = torch.rand(5, generator=generator).tolist()
    angle, scale = 2.0 * math.pi * draw[0], math.exp(_SCALE * (2.0 * draw[1] - 1.0))
    mirror = 1.0 if draw[2] < 0.5 else -1.0
    # Fields of grid_sample run from -1 to 1 along either side.
    across, down = scale * side / width, scale * side / height
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = torch.tensor(
        [
            [mirror * cosine * across, -sine * across, 2.0 * draw[3] - 1.0],
            [mirror * sine * down, cosine * down, 2.0 * draw[4] - 1.0],
        ]
    )
    places = functional.affine_grid(turn[None], [1, 4, side, side], align_corners=False)
    return functional.grid_sample(layers[None], places, padding_mode="reflection", align_corners=False)
