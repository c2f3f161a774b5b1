"""Epithelium: normal crypts, malignant glands and solid nests, from one outline and a `Manner`."""

from dataclasses import dataclass

import numpy as np

from nucleoscope.data.synthetic.canvas import CLUMPED, Canvas
from nucleoscope.data.synthetic.noise import Map, step
from nucleoscope.data.synthetic.nuclei import IMMUNE, NORMAL
from nucleoscope.data.synthetic.section import Section
from nucleoscope.data.synthetic.shape import Shape, wobble


@dataclass(frozen=True)
class Manner:
    """How an epithelium grows. Lengths in pixels, angles in radians.

    Attributes:
        kind: the class of its nuclei.
        thickness: height of the cells, from the outline to the lumen; None for a nest that is solid.
        spacing: distance between neighbouring nuclei along the outline.
        rows: rows of nuclei on top of each other: one is simple, more is stratified.
        disorder: deviation of a nucleus from its place, as a fraction of the spacing, and of its direction.
        gap: least distance between nuclei; negative where they crowd.
        goblets: share of cells with a vacuole of mucin.
        basophilia: haematoxylin of the cytoplasm.
        uneven: amplitude of the waves on the outline.
        debris: amount of dirty necrosis in the lumen.
    """

    kind: str
    thickness: float | None
    spacing: float
    rows: int
    disorder: float
    gap: float
    goblets: float
    basophilia: float
    uneven: float
    debris: float


def draw_manner(rng: np.random.Generator, kind: str) -> Manner:
    """The manner of one field's epithelium, normal or malignant; some cancers come close to normal."""
    if kind == NORMAL:
        return Manner(
            kind=kind,
            thickness=rng.uniform(42, 52),
            spacing=rng.uniform(17, 20),
            rows=1 if rng.random() < 0.5 else 2,
            disorder=rng.uniform(0.08, 0.2),
            gap=-4,
            goblets=rng.choice([0.5, 0.75, 0.9]),
            basophilia=rng.uniform(0.10, 0.17),
            uneven=0.05,
            debris=0.05,
        )
    solid = rng.random() < 0.4
    return Manner(
        kind=kind,
        thickness=None if solid else rng.uniform(46, 62),
        spacing=rng.uniform(20, 25),
        rows=int(rng.integers(2, 4)),
        disorder=rng.uniform(0.25, 0.5),
        gap=-4,
        goblets=rng.choice([0.0, 0.0, 0.12]),
        basophilia=rng.uniform(0.21, 0.36),
        uneven=rng.uniform(0.10, 0.22),
        debris=rng.uniform(0.3, 0.9),
    )


def outline(rng: np.random.Generator, manner: Manner, x: float, y: float, radius: float) -> Shape:
    """The outline of one gland around x, y with about this radius, in pixels."""
    stretch = float(np.exp(abs(rng.normal(0, 0.14))))
    return Shape(x, y, radius * stretch, radius / stretch, rng.uniform(0, np.pi), wobble(rng, manner.uneven))


def grow_gland(section: Section, shape: Shape, manner: Manner) -> None:
    """Paint a gland and settle its nuclei; leukocytes wander into the epithelium between them."""
    patch = section.canvas.patch(shape, margin=12)
    depth, phi = shape.polar(patch.x, patch.y)
    paint_cells(patch, depth, phi, shape, manner)
    if manner.thickness is None:
        room = step(depth, 8, 12)
        section.scatter(manner.kind, room, round(room.sum() / manner.spacing**2 / 1.3), manner.gap, patch=patch)
        return
    paint_lumen(patch, depth, manner.thickness, manner.debris)
    paint_goblets(section.canvas, shape, manner, manner.thickness)
    line_up(section, shape, manner, manner.thickness)
    between = step(depth, 6, 9) * step(depth, 30, 24)
    section.scatter(IMMUNE, between, int(section.rng.poisson(1.5)), gap=-1, patch=patch)


def paint_cells(patch: Canvas, depth: Map, phi: Map, shape: Shape, manner: Manner) -> None:
    """Paint the cells' bodies, the walls between them, the basement membrane and the cleft around it."""
    patch.lay(np.exp(-(((depth + 4) / 3) ** 2)) * step(patch.cloud(45), 0.1, 0.6), 0.01, 0.04)
    cloud = patch.cloud(14)
    cells = max(3, round(np.pi * (shape.half_length + shape.half_width) / manner.spacing))
    place = (phi * np.float32(cells / (2 * np.pi)) + 0.25 * cloud) % 1
    walls = np.exp(-(((place - 0.5) * np.float32(manner.spacing / 1.5)) ** 2)) * step(depth, 6, 16)
    eosin = 0.27 + 0.04 * cloud + 0.04 * patch.texture(CLUMPED) + 0.10 * np.exp(-((depth / 2) ** 2)) + 0.12 * walls
    haematoxylin = manner.basophilia * (1 + 0.25 * cloud) + 0.025 * patch.texture(CLUMPED)
    haematoxylin -= 0.0012 * np.clip(depth, 0, 60)
    patch.lay(step(depth, -1.2, 1.2), np.maximum(haematoxylin, 0.03), eosin)


def paint_lumen(patch: Canvas, depth: Map, thickness: float, debris: float) -> None:
    """Open the lumen: empty but for wisps of mucin, and in a tumour for dirty necrosis."""
    edge = depth - np.float32(thickness) + 4 * patch.cloud(17)
    patch.lay(0.6 * np.exp(-((edge / 3) ** 2)), 0.12, 0.42)
    inside = step(edge, -0.5, 2.5)
    wisps = np.abs(patch.cloud(15))
    patch.lay(inside, 0.02 + 0.05 * step(wisps, 0.25, 0.0), 0.03 + 0.03 * wisps)
    clumps = patch.cloud(30) + 0.5 * patch.cloud(9)
    dust = 0.10 + 0.7 * step(patch.texture(CLUMPED), 1.7, 2.4)
    dirt = inside * step(clumps, 1.5 - 1.6 * debris, 2.0 - 1.6 * debris)
    patch.lay(dirt, dust, 0.42 + 0.09 * patch.texture(CLUMPED))


def paint_goblets(canvas: Canvas, shape: Shape, manner: Manner, thickness: float) -> None:
    """Paint vacuoles of pale mucin between the nuclei and the lumen."""
    rng = canvas.rng
    points, inward = shape.ring(1.3 * manner.spacing, 0.66 * thickness)
    for (x, y), angle in zip(points, inward, strict=True):
        if rng.random() > manner.goblets:
            continue
        vacuole = Shape(x, y, rng.uniform(11, 15), rng.uniform(8, 11), angle, wobble(rng, 0.05))
        patch = canvas.patch(vacuole, margin=3)
        depth = vacuole.depth(patch.x, patch.y) + 0.4 * patch.texture(CLUMPED)
        strings = np.abs(patch.texture(CLUMPED))
        patch.lay(0.7 * np.exp(-(((depth + 0.5) / 1.2) ** 2)), 0.12, 0.42)
        patch.lay(0.92 * step(depth, -0.5, 2), 0.03 + 0.07 * step(strings, 0.4, 0), 0.06)


def line_up(section: Section, shape: Shape, manner: Manner, thickness: float) -> None:
    """Settle nuclei side by side along the outline, their long axes across it, in one or more rows."""
    rng = section.rng
    for row in range(manner.rows):
        points, inward = shape.ring(manner.spacing * (1 + 0.25 * row), thickness * (0.30 + 0.36 * row))
        points = points + rng.normal(0, manner.disorder * manner.spacing, points.shape)
        angles = inward + rng.normal(0, 1.6 * manner.disorder, len(inward))
        for (x, y), angle in zip(points, angles, strict=True):
            if row == 0 or rng.random() < 0.75:
                section.settle(manner.kind, x, y, angle, manner.gap)
