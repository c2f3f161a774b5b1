"""`Canvas`: the two concentration maps that tissue is painted on, with textures to paint with."""

from dataclasses import dataclass, replace

import numpy as np

from nucleoscope.data.synthetic.noise import Map, grain, plain_noise
from nucleoscope.data.synthetic.shape import Shape

# Specks of chromatin and cytoplasm, in pixels: FINE, GRANULAR, CLUMPED.
GRAINS = (0.75, 1.2, 1.9)
FINE, GRANULAR, CLUMPED = range(len(GRAINS))


@dataclass(frozen=True)
class Canvas:
    """Concentrations of haematoxylin and eosin, painted from the glass upwards; a patch shares them.

    Attributes:
        rng: the source of everything random that is painted.
        x: (H, W) pixel coordinates to the right.
        y: (H, W) pixel coordinates downwards.
        haematoxylin: (H, W) concentration, 1 is a dark nucleus.
        eosin: (H, W) concentration, 0.5 is muscle.
        grains: one texture for each scale in GRAINS, at least as large as the maps.
    """

    rng: np.random.Generator
    x: Map
    y: Map
    haematoxylin: Map
    eosin: Map
    grains: tuple[Map, ...]

    @classmethod
    def blank(cls, size: int, rng: np.random.Generator) -> "Canvas":
        """Empty glass of size x size pixels."""
        y, x = np.indices((size, size), dtype=np.float32)
        grains = tuple(grain(rng, (size, size), scale) for scale in GRAINS)
        return cls(rng, x, y, np.zeros_like(x), np.zeros_like(x), grains)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.x.shape[0], self.x.shape[1]

    def patch(self, shape: Shape, margin: float) -> "Canvas":
        """The part that a shape and a margin can touch, maybe empty; painting it paints this canvas."""
        left, top = round(shape.x - shape.reach - margin), round(shape.y - shape.reach - margin)
        right, bottom = round(shape.x + shape.reach + margin) + 1, round(shape.y + shape.reach + margin) + 1
        rows, columns = slice(max(0, top), max(0, bottom)), slice(max(0, left), max(0, right))
        return replace(
            self,
            x=self.x[rows, columns],
            y=self.y[rows, columns],
            haematoxylin=self.haematoxylin[rows, columns],
            eosin=self.eosin[rows, columns],
        )

    def lay(self, cover: Map, haematoxylin: Map | float, eosin: Map | float) -> None:
        """Replace what is there by new concentrations where `cover` is 1, blend where it is below.

        Args:
            cover: (H, W) in 0..1.
            haematoxylin: what to lay, (H, W) or one number.
            eosin: what to lay, (H, W) or one number.
        """
        for have, new in ((self.haematoxylin, haematoxylin), (self.eosin, eosin)):
            have += cover * (new - have)

    def texture(self, index: int) -> Map:
        """A piece of a grain from a random place, so that no two nuclei share a pattern, (H, W)."""
        whole, (height, width) = self.grains[index], self.shape
        top = int(self.rng.integers(whole.shape[0] - height + 1))
        left = int(self.rng.integers(whole.shape[1] - width + 1))
        return whole[top : top + height, left : left + width]

    def cloud(self, scale: float) -> Map:
        """Smooth noise with features of about `scale` pixels, (H, W)."""
        return plain_noise(self.rng, self.shape, scale)

    def roughen(self) -> None:
        """Give everything painted so far the unevenness of a real section, down to the pixel."""
        haematoxylin, eosin = self.haematoxylin, self.eosin
        haematoxylin *= 1 + 0.07 * self.texture(FINE) + 0.06 * self.texture(GRANULAR)
        eosin *= 1 + 0.10 * self.texture(FINE) + 0.08 * self.texture(CLUMPED)
        eosin += 0.012 * self.texture(GRANULAR)
