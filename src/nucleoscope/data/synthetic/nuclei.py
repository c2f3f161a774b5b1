"""Nuclei: the classes, the looks that each comes in, and single nuclei drawn from them.

Some looks are made to be mistaken: a muscle nucleus cut across is small and round like a lymphocyte, a
lymphocyte between fibres is long, a compressed epithelial nucleus is dark, a reactive one is as large
as one of cancer.
"""

from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from nucleoscope.data.synthetic.shape import Shape, wobble

NORMAL, CANCER, MUSCLE, IMMUNE = CLASSES = (
    "normal epithelium",
    "cancer epithelium",
    "muscle",
    "immune leukocyte",
)


class Cytoplasm(Enum):
    """What a cell wears around its nucleus."""

    NONE = auto()
    RIM = auto()
    PLASMA = auto()
    GRANULAR = auto()


@dataclass(frozen=True)
class Look:
    """One way that nuclei of a class look. Lengths in pixels at 0.25 um a pixel, amounts in haematoxylin.

    Attributes:
        length: mean length of the long axis.
        spread: deviation of the length, as a fraction of it.
        aspect: short axis over long axis.
        uneven: amplitude of the waves on the outline.
        body: haematoxylin inside.
        rim: haematoxylin added at the membrane.
        clump: deviation of the chromatin's clumps.
        grain: which of the canvas's textures the chromatin has.
        nucleoli: mean number of nucleoli.
        bend: deviation of the bend, in pixels.
        cytoplasm: what is around the nucleus.
    """

    length: float
    spread: float
    aspect: float
    uneven: float
    body: float
    rim: float
    clump: float
    grain: int
    nucleoli: float = 0.0
    bend: float = 0.0
    cytoplasm: Cytoplasm = Cytoplasm.NONE


COLUMNAR = Look(31, 0.10, 0.62, 0.04, 0.42, 0.52, 0.16, 1, nucleoli=0.6)
REACTIVE = Look(37, 0.12, 0.70, 0.05, 0.45, 0.50, 0.30, 2, nucleoli=1.3)
COMPRESSED = Look(24, 0.15, 0.66, 0.09, 1.00, 0.20, 0.22, 1)
VESICULAR = Look(42, 0.20, 0.68, 0.09, 0.36, 0.60, 0.40, 2, nucleoli=1.8)
COARSE = Look(40, 0.22, 0.66, 0.13, 0.80, 0.35, 0.42, 2, nucleoli=0.6, bend=1.5)
TAME = Look(34, 0.12, 0.60, 0.05, 0.48, 0.50, 0.28, 1, nucleoli=0.9)
SHRUNKEN = Look(23, 0.15, 0.82, 0.08, 1.10, 0.20, 0.25, 1)
CIGAR = Look(50, 0.22, 0.21, 0.03, 0.62, 0.22, 0.14, 1, bend=2.5)
PLUMP = Look(38, 0.18, 0.36, 0.04, 0.36, 0.40, 0.16, 1, nucleoli=0.5, bend=1.0)
ACROSS = Look(20, 0.18, 0.72, 0.06, 0.78, 0.30, 0.22, 1)
SMALL = Look(22, 0.10, 0.88, 0.05, 0.92, 0.30, 0.40, 2, cytoplasm=Cytoplasm.RIM)
PLASMA = Look(23, 0.09, 0.84, 0.03, 0.85, 0.35, 0.42, 2, cytoplasm=Cytoplasm.PLASMA)
EOSINOPHIL = Look(20, 0.10, 0.80, 0.12, 0.95, 0.15, 0.25, 2, cytoplasm=Cytoplasm.GRANULAR)
ACTIVATED = Look(30, 0.12, 0.78, 0.06, 0.48, 0.48, 0.30, 2, nucleoli=0.8, cytoplasm=Cytoplasm.RIM)
SQUEEZED = Look(27, 0.15, 0.46, 0.06, 0.88, 0.22, 0.20, 1)

# How often each class has each look; those that are mistaken for another class come last.
LOOKS: dict[str, tuple[tuple[float, Look], ...]] = {
    NORMAL: ((0.76, COLUMNAR), (0.12, REACTIVE), (0.12, COMPRESSED)),
    CANCER: ((0.52, VESICULAR), (0.26, COARSE), (0.13, TAME), (0.09, SHRUNKEN)),
    MUSCLE: ((0.70, CIGAR), (0.20, PLUMP), (0.10, ACROSS)),
    IMMUNE: ((0.58, SMALL), (0.18, PLASMA), (0.04, EOSINOPHIL), (0.08, ACTIVATED), (0.12, SQUEEZED)),
}

# The share of nuclei that lie above or below the focal plane.
OUT_OF_FOCUS = 0.08


@dataclass(frozen=True)
class Nucleus:
    """One nucleus in its place.

    Attributes:
        kind: its class, one of CLASSES.
        shape: its outline, in pixels of the canvas.
        look: its chromatin, varied for this nucleus.
        focus: 1 in focus, 0 far out of it.
    """

    kind: str
    shape: Shape
    look: Look
    focus: float = 1.0

    def at(self, x: float, y: float) -> "Nucleus":
        """The same nucleus in another place."""
        return replace(self, shape=replace(self.shape, x=x, y=y))


@dataclass(frozen=True)
class Habit:
    """What the nuclei of one field have in common: patients and laboratories differ.

    Attributes:
        size: factor on every length.
        chromatin: factor on clumps and rims.
        density: factor on the haematoxylin inside.
        mix: factors on how often each class has each look, in the order of LOOKS.
    """

    size: float
    chromatin: float
    density: float
    mix: dict[str, tuple[float, ...]]


def draw_habit(rng: np.random.Generator) -> Habit:
    """The habit of one field."""
    return Habit(
        size=vary(rng, 0.06),
        chromatin=vary(rng, 0.12),
        density=vary(rng, 0.10),
        mix={kind: tuple(vary(rng, 0.35) for _ in looks) for kind, looks in LOOKS.items()},
    )


def draw_nucleus(rng: np.random.Generator, habit: Habit, kind: str, angle: float) -> Nucleus:
    """A nucleus of one class with its long axis at `angle` radians, at the origin until it is moved."""
    weights = np.array([weight for weight, _ in LOOKS[kind]]) * habit.mix[kind]
    look = LOOKS[kind][rng.choice(len(weights), p=weights / weights.sum())][1]
    length = look.length * habit.size * vary(rng, look.spread)
    shape = Shape(
        x=0.0,
        y=0.0,
        half_length=length / 2,
        half_width=length / 2 * min(1.0, look.aspect * vary(rng, 0.12)),
        angle=angle,
        wobble=wobble(rng, look.uneven),
        bend=float(rng.normal(0, look.bend)),
    )
    own = replace(
        look,
        body=look.body * habit.density * vary(rng, 0.13),
        rim=look.rim * habit.chromatin * vary(rng, 0.2),
        clump=look.clump * habit.chromatin * vary(rng, 0.2),
        nucleoli=float(rng.poisson(look.nucleoli)),
    )
    focus = float(rng.uniform(0.1, 0.6)) if rng.random() < OUT_OF_FOCUS else 1.0
    return Nucleus(kind, shape, own, focus)


def vary(rng: np.random.Generator, spread: float) -> float:
    """A random factor around 1 with this deviation of its logarithm."""
    return float(np.exp(rng.normal(0, spread)))
