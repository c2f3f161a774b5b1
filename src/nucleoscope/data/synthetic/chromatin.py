"""Painting one nucleus: membrane, chromatin, nucleoli, and the cytoplasm of cells that have their own."""

from dataclasses import replace

import numpy as np

from nucleoscope.data.synthetic.canvas import CLUMPED, FINE, GRANULAR, Canvas
from nucleoscope.data.synthetic.noise import Map, step
from nucleoscope.data.synthetic.nuclei import Cytoplasm, Nucleus
from nucleoscope.data.synthetic.shape import Shape


def paint_nucleus(canvas: Canvas, nucleus: Nucleus) -> None:
    """Paint a nucleus and its cytoplasm over what is on the canvas."""
    if nucleus.look.cytoplasm is not Cytoplasm.NONE:
        paint_cytoplasm(canvas, nucleus)
    patch = canvas.patch(nucleus.shape, margin=5)
    depth = nucleus.shape.depth(patch.x, patch.y) + np.float32(0.35) * patch.texture(GRANULAR)
    softness = 0.8 + 2.8 * (1 - nucleus.focus)
    inside = np.maximum(chromatin(patch, nucleus, depth), 0.06)
    opacity = np.float32(canvas.rng.uniform(0.86, 1.0))
    patch.lay(opacity * step(depth, -softness, softness), inside, 0.22 + 0.20 * inside)


def chromatin(patch: Canvas, nucleus: Nucleus, depth: Map) -> Map:
    """Haematoxylin inside a nucleus, (H, W): clumps, a broken membrane, nucleoli, darker to one side.

    Args:
        patch: the canvas around the nucleus.
        nucleus: whose chromatin it is.
        depth: (H, W) depth below its outline in pixels.

    Returns:
        The concentration, also outside the outline.
    """
    shape, look, rng = nucleus.shape, nucleus.look, patch.rng
    thickness = np.float32(1.0 + 1.6 * (1 - nucleus.focus))
    membrane = np.exp(-(((depth - 1.3) / thickness) ** 2)) * np.clip(0.85 + 0.4 * patch.texture(CLUMPED), 0.2, 1.4)
    clumps = np.tanh(patch.texture(look.grain)) + 0.3 * patch.texture(FINE)
    slope = rng.normal(0, 0.12, 2) / shape.half_length
    shade = slope[0] * (patch.x - shape.x) + slope[1] * (patch.y - shape.y)
    detail = look.clump * clumps + look.rim * membrane + nucleoli(patch, nucleus)
    return np.asarray(look.body * (1 + shade) + (0.35 + 0.65 * nucleus.focus) * detail, np.float32)


def nucleoli(patch: Canvas, nucleus: Nucleus) -> Map:
    """Haematoxylin of the nucleoli, dots in the inner half of the nucleus, (H, W)."""
    shape, rng, total = nucleus.shape, patch.rng, np.zeros_like(patch.x)
    along, across = shape.local(patch.x, patch.y)
    for _ in range(round(nucleus.look.nucleoli)):
        u, v = rng.uniform(-0.5, 0.5, 2) * (shape.half_length, shape.half_width)
        size = rng.uniform(1.4, 2.3)
        total += np.float32(0.75) * np.exp(-((along - u) ** 2 + (across - v) ** 2) / size**2)
    return total


def paint_cytoplasm(canvas: Canvas, nucleus: Nucleus) -> None:
    """Paint the cell around the nucleus of a leukocyte, with a shrinkage halo outside."""
    cell = cell_shape(canvas.rng, nucleus)
    patch = canvas.patch(cell, margin=6)
    depth = cell.depth(patch.x, patch.y) + np.float32(0.8) * patch.texture(CLUMPED)
    haematoxylin, eosin, roughness = {
        Cytoplasm.RIM: (0.15, 0.25, 0.04),
        Cytoplasm.PLASMA: (0.30, 0.34, 0.05),
        Cytoplasm.GRANULAR: (0.05, 0.85, 0.22),
    }[nucleus.look.cytoplasm]
    patch.lay(np.float32(canvas.rng.uniform(0, 0.7)) * step(depth, -4, -0.5), 0.02, 0.07)
    patch.lay(0.9 * step(depth, -1.6, 1.6), haematoxylin, eosin + roughness * patch.texture(CLUMPED))


def cell_shape(rng: np.random.Generator, nucleus: Nucleus) -> Shape:
    """The outline of the cell: a thin rim around a lymphocyte, much of it on one side of a plasma cell."""
    shape, away = nucleus.shape, rng.uniform(0, 2 * np.pi)
    grow, shift = {
        Cytoplasm.RIM: (rng.uniform(1.5, 3.0), 0.8),
        Cytoplasm.PLASMA: (rng.uniform(3.5, 6.0), 4.5),
        Cytoplasm.GRANULAR: (rng.uniform(4.0, 5.5), 3.0),
    }[nucleus.look.cytoplasm]
    return replace(
        shape,
        x=shape.x + shift * np.cos(away),
        y=shape.y + shift * np.sin(away),
        half_length=shape.half_length + grow,
        half_width=shape.half_width + grow,
    )
