"""Fields of view: pictures of synthetic tissue with the truth about every nucleus."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.synthetic.canvas import Canvas
from nucleoscope.data.synthetic.chromatin import paint_nucleus
from nucleoscope.data.synthetic.growth import Tissue, grow
from nucleoscope.data.synthetic.nuclei import CLASSES, draw_habit
from nucleoscope.data.synthetic.section import Section
from nucleoscope.data.synthetic.stain import Stain, develop, draw_stain
from nucleoscope.errors import ConfigError

MPP = 0.25
MIN_FIELD = 128
MAX_FIELD = 2048
FIELD = 500
# Tissue goes on past the border of a field: it is grown on a larger canvas and trimmed.
MARGIN = 32


@dataclass(frozen=True)
class Field:
    """A field of view and the truth about its nuclei.

    Attributes:
        name: unique among the fields of one call.
        image: (H, W, 3) uint8 RGB.
        centres: (K, 2) float64 x, y of every nucleus in pixels, x right, y down, origin top-left.
        labels: (K,) int64 positions in CLASSES.
        mpp: micrometres per pixel.
    """

    name: str
    image: NDArray[np.uint8]
    centres: NDArray[np.float64]
    labels: NDArray[np.int64]
    mpp: float


def make_field(
    seed: int, tissue: str = Tissue.CRYPTS, size: int = FIELD, name: str = "f00", stain: Stain | None = None
) -> Field:
    """Grow one field.

    Args:
        seed: the same seed, tissue and size give the same field.
        tissue: what dominates it, one of `Tissue`.
        size: its width and height in pixels.
        name: its name.
        stain: of its slide; its own where not given.

    Returns:
        The field, with every nucleus whose centre lies on it.

    Raises:
        ConfigError: the size or the tissue does not exist.
    """
    if not MIN_FIELD <= size <= MAX_FIELD:
        raise ConfigError(
            f"a synthetic field of {size}x{size} pixels was asked for; expected {MIN_FIELD} to {MAX_FIELD} on each side"
        )
    if tissue not in list(Tissue):
        raise ConfigError(f"there is no synthetic tissue {tissue!r}; expected one of {', '.join(Tissue)}")
    rng = np.random.default_rng(seed)
    own_stain = draw_stain(rng)
    section = Section(Canvas.blank(size + 2 * MARGIN, rng), draw_habit(rng))
    grow(section, Tissue(tissue))
    nuclei = section.crowd.nuclei
    for nucleus in nuclei:
        paint_nucleus(section.canvas, nucleus)
    section.canvas.roughen()
    image = develop(section.canvas.haematoxylin, section.canvas.eosin, stain or own_stain, rng)
    inner = slice(MARGIN, MARGIN + size)
    centres = np.array([(n.shape.x, n.shape.y) for n in nuclei], np.float64).reshape(-1, 2) - MARGIN
    labels = np.array([CLASSES.index(n.kind) for n in nuclei], np.int64)
    here = ((centres >= 0) & (centres <= size - 1)).all(axis=1)
    return Field(name, np.ascontiguousarray(image[inner, inner]), centres[here], labels[here], MPP)


def make_fields(count: int, seed: int = 0, size: int = FIELD) -> list[Field]:
    """Grow fields of every tissue in turn, each with its own stain and its own habit of nuclei.

    Args:
        count: how many; four or more show every tissue.
        seed: the same seed and size give the same fields; a larger count only adds to them.
        size: width and height of each in pixels.

    Returns:
        The fields, named f00, f01 and so on.

    Raises:
        ConfigError: the count or the size does not fit.
    """
    if count < 1:
        raise ConfigError(f"{count} synthetic fields were asked for; expected 1 or more")
    tissues = tuple(Tissue)
    seeds = [np.random.SeedSequence((seed, index)).generate_state(1)[0] for index in range(count)]
    return [
        make_field(int(own), tissues[index % len(tissues)], size, f"f{index:02d}") for index, own in enumerate(seeds)
    ]
