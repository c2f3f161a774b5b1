"""`Shape`: a closed outline, from a nucleus of 20 pixels to a gland of 200."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.synthetic.noise import Map

Points = NDArray[np.float64]
Wobble = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Shape:
    """An ellipse, turned, bent and with a wobbling outline. Pixels, x right, y down.

    Attributes:
        x: centre.
        y: centre.
        half_length: half of the long axis.
        half_width: half of the short axis.
        angle: direction of the long axis in radians, clockwise from x as seen on the screen.
        wobble: (order, amplitude, phase) of the waves on the outline, the amplitude a fraction of the radius.
        bend: how far the two tips are bent to one side, in pixels.
    """

    x: float
    y: float
    half_length: float
    half_width: float
    angle: float = 0.0
    wobble: Wobble = ()
    bend: float = 0.0

    @property
    def reach(self) -> float:
        """No point of the outline is farther than this from the centre, in pixels."""
        longest = max(self.half_length, self.half_width) * (1 + sum(abs(size) for _, size, _ in self.wobble))
        return longest + abs(self.bend)

    def swell(self, phi: Map) -> Map:
        """The radius at the elliptic angle `phi`, relative to the plain ellipse."""
        waves = (np.float32(size) * np.cos(order * phi + np.float32(phase)) for order, size, phase in self.wobble)
        return np.asarray(1 + sum(waves), np.float32)

    def local(self, x: Map, y: Map) -> tuple[Map, Map]:
        """Coordinates along and across the long axis, in pixels from the centre."""
        cos, sin = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        dx, dy = x - np.float32(self.x), y - np.float32(self.y)
        along, across = dx * cos + dy * sin, dy * cos - dx * sin
        if self.bend:
            across = across - np.float32(self.bend) * (along / np.float32(self.half_length)) ** 2
        return along, across

    def polar(self, x: Map, y: Map) -> tuple[Map, Map]:
        """Depth below the outline in pixels (negative outside) and the elliptic angle in radians.

        The depth is exact for a circle and to first order near the outline of anything else.
        """
        along, across = self.local(x, y)
        u, v = along / np.float32(self.half_length), across / np.float32(self.half_width)
        phi = np.arctan2(v, u)
        radius = np.hypot(u, v) + np.float32(1e-6)
        slope = np.hypot(u / np.float32(self.half_length), v / np.float32(self.half_width)) / radius
        slope += np.float32(1e-6)
        return (1 - radius / self.swell(phi)) / slope, phi

    def depth(self, x: Map, y: Map) -> Map:
        """Depth below the outline in pixels, negative outside: see `polar`."""
        return self.polar(x, y)[0]

    def ring(self, spacing: float, inset: float) -> tuple[Points, Points]:
        """Points evenly spaced along the outline, moved inwards.

        Args:
            spacing: distance between neighbours along the outline, in pixels.
            inset: how far below the outline, in pixels.

        Returns:
            Points (K, 2) as x, y, and the direction (K,) in which the inside lies, in radians.
        """
        phi = np.linspace(0, 2 * np.pi, 361, dtype=np.float32)
        swell = self.swell(phi)
        u, v = self.half_length * swell * np.cos(phi), self.half_width * swell * np.sin(phi)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        outline = np.stack([self.x + u * cos - v * sin, self.y + u * sin + v * cos], axis=1)  # (361, 2)
        travelled = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
        count = max(3, round(travelled[-1] / spacing))
        stops = np.arange(count) * travelled[-1] / count
        points = np.stack([np.interp(stops, travelled, axis) for axis in outline.T], axis=1)  # (K, 2)
        tangent = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
        inward = np.arctan2(tangent[:, 0], -tangent[:, 1])
        return points + inset * np.stack([np.cos(inward), np.sin(inward)], axis=1), inward


def wobble(rng: np.random.Generator, amplitude: float, orders: range = range(2, 7)) -> Wobble:
    """Random waves whose strength falls with their order; `amplitude` is that of the first, as a fraction."""
    return tuple(
        (order, float(amplitude * orders[0] / order * rng.normal(0, 0.7)), float(rng.uniform(0, 2 * np.pi)))
        for order in orders
    )
