"""`Crowd`: which nuclei are already there, so that a new one finds its own place."""

import numpy as np

from nucleoscope.data.synthetic.nuclei import Nucleus
from nucleoscope.data.synthetic.shape import Points, Shape


class Crowd:
    """Nuclei that keep their distance: each stands for five discs along its long axis."""

    def __init__(self) -> None:
        self.nuclei: list[Nucleus] = []
        self._discs = np.empty((0, 3))

    def add(self, nucleus: Nucleus, gap: float) -> bool:
        """Take the nucleus in, if it keeps its distance from all others.

        Args:
            nucleus: the newcomer.
            gap: least distance to the others in pixels; below zero it may overlap them by that much.

        Returns:
            Whether there was room.
        """
        own = discs(nucleus.shape)
        dx, dy = (self._discs[:, None, axis] - own[:, axis] for axis in (0, 1))  # (discs, 5)
        apart = np.maximum(self._discs[:, 2] + own[0, 2] + gap, 0)[:, None]  # (discs, 1)
        if (dx * dx + dy * dy < apart * apart).any():
            return False
        self.nuclei.append(nucleus)
        self._discs = np.concatenate([self._discs, own])
        return True


def discs(shape: Shape) -> Points:
    """Five discs that cover most of an elongated shape, (5, 3) as x, y, radius."""
    reach = (shape.half_length - shape.half_width) * np.linspace(-1, 1, 5)
    columns = shape.x + reach * np.cos(shape.angle), shape.y + reach * np.sin(shape.angle)
    return np.stack([*columns, np.full(5, shape.half_width)], axis=1)
