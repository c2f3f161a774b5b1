"""Growth: how each tissue fills a section, from the stroma up to the last lymphocyte."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np

from nucleoscope.data.synthetic.canvas import Canvas
from nucleoscope.data.synthetic.connective import paint_capillary, paint_muscle, paint_stroma
from nucleoscope.data.synthetic.glands import draw_manner, grow_gland, outline
from nucleoscope.data.synthetic.noise import Map, bent_noise, step
from nucleoscope.data.synthetic.nuclei import CANCER, IMMUNE, MUSCLE, NORMAL
from nucleoscope.data.synthetic.section import Section
from nucleoscope.data.synthetic.shape import Points


class Tissue(StrEnum):
    """What dominates a field. Normal and malignant epithelium never share one, as in the reference data."""

    CRYPTS = "crypts"
    TUMOUR = "tumour"
    MUSCLE = "muscle"
    LYMPHOID = "lymphoid"


def grow(section: Section, tissue: Tissue) -> None:
    """Fill a section with one tissue and what goes with it."""
    GROWTH[tissue](section)


def grow_crypts(section: Section) -> None:
    """Normal mucosa: crypts in loose, cellular stroma."""
    radius = section.rng.uniform(70, 88)
    centres = lattice(section.rng, section.canvas.shape, 2 * radius + section.rng.uniform(18, 42), 6)
    grow_epithelium(section, NORMAL, centres, radius, density=0.25, crowding=section.rng.uniform(0.4, 0.9))


def grow_tumour(section: Section) -> None:
    """Carcinoma: irregular glands or solid nests in dense stroma."""
    radius = section.rng.uniform(85, 115)
    centres = lattice(section.rng, section.canvas.shape, 2 * radius + section.rng.uniform(14, 40), 14)
    grow_epithelium(section, CANCER, centres, radius, density=0.8, crowding=section.rng.uniform(0.3, 0.7))


def grow_muscle(section: Section) -> None:
    """Smooth muscle: parallel fibres, septa between the bundles, leukocytes in both."""
    rng, canvas = section.rng, section.canvas
    angle = rng.uniform(0, np.pi)
    along, across = turned(canvas, angle)
    septa = step(bent_noise(rng, along / 230, across / 75), rng.uniform(0.5, 0.8), rng.uniform(0.9, 1.4))
    paint_stroma(canvas, across, density=0.3)
    paint_muscle(canvas, 1 - septa, along, across)
    capillaries(section, septa)
    section.scatter(MUSCLE, 1 - septa, area(1 - septa, 1300), gap=3, direction=angle)
    room = septa + 0.2 * step(canvas.cloud(60), 0.3, 1.5)
    section.scatter(IMMUNE, room, area(room, 1200), gap=1, direction=angle)


def grow_lymphoid(section: Section) -> None:
    """A lymphoid aggregate beside muscle, a crypt or a tumour nest."""
    rng, canvas = section.rng, section.canvas
    neighbour = rng.choice([NORMAL, CANCER, MUSCLE])
    corner = rng.choice([0.2, 0.8], 2) * np.array(canvas.shape[::-1])
    if neighbour != MUSCLE:
        grow_epithelium(section, neighbour, corner[None], rng.uniform(110, 135), density=0.1, crowding=0.9)
        return
    angle = rng.uniform(0, np.pi)
    far = np.hypot(canvas.x - np.float32(corner[0]), canvas.y - np.float32(corner[1]))
    bundle = step(far + 30 * canvas.cloud(70), 215, 195)
    paint_stroma(canvas, far, density=0.1)
    paint_muscle(canvas, bundle, *turned(canvas, angle))
    section.scatter(MUSCLE, bundle, area(bundle, 1300), gap=3, direction=angle)
    section.scatter(IMMUNE, 1 - bundle, area(1 - bundle, 1100), gap=0)


def grow_epithelium(
    section: Section, kind: str, centres: Points, radius: float, density: float, crowding: float
) -> None:
    """Glands of one kind around these centres, and stroma with leukocytes between them.

    Args:
        section: where to grow.
        kind: the class of the epithelium.
        centres: (K, 2) x, y in pixels of the canvas.
        radius: mean radius of a gland in pixels.
        density: of the stroma, 0..1.
        crowding: leukocytes a thousand square pixels of stroma.
    """
    rng, canvas = section.rng, section.canvas
    manner = draw_manner(rng, kind)
    shapes = [outline(rng, manner, x, y, radius * rng.uniform(0.85, 1.1)) for x, y in centres]
    away = -np.max([shape.depth(canvas.x, canvas.y) for shape in shapes], axis=0)
    paint_stroma(canvas, away, density)
    for shape in shapes:
        grow_gland(section, shape, manner)
    room = step(away, 9, 14)
    capillaries(section, step(away, 22, 26))
    clusters = room * (0.25 + step(canvas.cloud(65), -0.6, 1.2))
    section.scatter(IMMUNE, clusters, area(room, 1000 / crowding), gap=0)


def capillaries(section: Section, room: Map) -> None:
    """Paint a few capillaries where there is room for them."""
    candidates = np.argwhere(room > 0.99)
    for _ in range(int(section.rng.integers(0, 4)) if len(candidates) else 0):
        y, x = candidates[section.rng.integers(len(candidates))]
        paint_capillary(section.canvas, float(x), float(y))


def area(room: Map, each: float) -> int:
    """How many nuclei the room holds, with so many square pixels for each."""
    return round(float(room.sum()) / each)


def turned(canvas: Canvas, angle: float) -> tuple[Map, Map]:
    """Coordinates along and across a direction in radians, in pixels, (H, W) each."""
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return canvas.x * cos + canvas.y * sin, canvas.y * cos - canvas.x * sin


def lattice(rng: np.random.Generator, shape: tuple[int, int], spacing: float, jitter: float) -> Points:
    """Points on a turned, jittered hexagonal lattice, over a canvas and a little beyond, (K, 2) as x, y."""
    extent = np.array(shape[::-1])
    reach = np.arange(-int(max(shape) / spacing) - 2, int(max(shape) / spacing) + 3)
    i, j = (axis.ravel() for axis in np.meshgrid(reach, reach))
    straight = spacing * np.stack([i + 0.5 * (j % 2), j * np.sqrt(0.75)], axis=1)
    straight += rng.normal(0, jitter, straight.shape)
    turn = rng.uniform(0, 2 * np.pi)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points: Points = straight @ rotation.T + extent / 2 + rng.uniform(-0.5, 0.5, 2) * spacing
    return points[((points > -spacing / 3) & (points < extent + spacing / 3)).all(axis=1)]


GROWTH: dict[Tissue, Callable[[Section], None]] = {
    Tissue.CRYPTS: grow_crypts,
    Tissue.TUMOUR: grow_tumour,
    Tissue.MUSCLE: grow_muscle,
    Tissue.LYMPHOID: grow_lymphoid,
}
