"""Connective tissue and smooth muscle: fibres, clefts between them, capillaries."""

import numpy as np

from nucleoscope.data.synthetic.canvas import CLUMPED, GRANULAR, Canvas
from nucleoscope.data.synthetic.noise import Map, bent_noise, octaves, step
from nucleoscope.data.synthetic.shape import Shape, wobble


def paint_stroma(canvas: Canvas, away: Map, density: float) -> None:
    """Cover the canvas with collagen that runs around whatever stands in it.

    Args:
        canvas: what to paint on.
        away: (H, W) distance in pixels to what the fibres run around; its contours are their direction.
        density: 0 for loose, watery tissue to 1 for the dense tissue around a tumour.
    """
    bent = away + 16 * canvas.cloud(55) + 2.5 * canvas.cloud(13)
    fibres = octaves(canvas.rng, (canvas.x + canvas.y) / 40, bent / 8)
    patches = canvas.cloud(38)
    eosin = 0.20 + 0.14 * density + 0.11 * fibres + 0.05 * patches + 0.025 * canvas.texture(GRANULAR)
    haematoxylin = 0.05 + 0.05 * density + 0.02 * fibres + 0.03 * np.abs(patches) + 0.015 * canvas.texture(CLUMPED)
    canvas.lay(np.ones_like(away), np.maximum(haematoxylin, 0), np.maximum(eosin, 0.03))
    holes = 0.75 * fibres + 0.75 * canvas.cloud(24)
    canvas.lay(0.9 * step(holes, -0.55 - 0.7 * density, -1.25 - 0.7 * density), 0.01, 0.03)


def paint_muscle(canvas: Canvas, cover: Map, along: Map, across: Map) -> None:
    """Lay a bundle of smooth muscle: wavy, parallel, eosinophilic fibres with clefts between them.

    Args:
        canvas: what to paint on.
        cover: (H, W) in 0..1, where the bundle is.
        along: (H, W) distance along the fibres in pixels.
        across: (H, W) distance across the fibres.
    """
    rng = canvas.rng
    across = across + 9 * canvas.cloud(95)
    across = across + 2.2 * bent_noise(rng, along / 26, across / 20)
    fibres = octaves(rng, along / 85, across / 11)
    striae = bent_noise(rng, along / 26, across / 2.4)
    eosin = 0.48 + 0.11 * fibres + 0.06 * striae + 0.02 * canvas.texture(GRANULAR)
    canvas.lay(cover, 0.08 + 0.035 * np.abs(fibres) + 0.015 * striae, np.maximum(eosin, 0.1))
    clefts = 0.75 * bent_noise(rng, along / 70, across / 8) + 0.65 * bent_noise(rng, along / 110, across / 28)
    canvas.lay(0.88 * cover * step(clefts, -1.2, -1.6), 0.02, 0.05)


def paint_capillary(canvas: Canvas, x: float, y: float) -> None:
    """Paint a small vessel with a row of red cells in it around x, y."""
    rng = canvas.rng
    vessel = Shape(x, y, rng.uniform(16, 34), rng.uniform(7, 11), rng.uniform(0, np.pi), wobble(rng, 0.12))
    patch = canvas.patch(vessel, margin=4)
    depth = vessel.depth(patch.x, patch.y) + 0.6 * patch.texture(CLUMPED)
    patch.lay(step(depth, -3, 0), 0.16, 0.35)
    patch.lay(step(depth, -0.5, 1.5), 0.01, 0.04)
    cos, sin = np.cos(vessel.angle), np.sin(vessel.angle)
    for reach in np.arange(7 - vessel.half_length, vessel.half_length - 6, 9):
        side = rng.normal(0, 1.5)
        red_cell = Shape(
            x=x + reach * cos - side * sin,
            y=y + reach * sin + side * cos,
            half_length=rng.uniform(5, 6.2),
            half_width=rng.uniform(4, 5.5),
            angle=rng.uniform(0, np.pi),
            wobble=wobble(rng, 0.08),
        )
        patch = canvas.patch(red_cell, margin=2)
        patch.lay(step(red_cell.depth(patch.x, patch.y), -1, 1), 0.03, rng.uniform(0.7, 1.0))
