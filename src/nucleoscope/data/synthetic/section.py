"""`Section`: a piece of tissue in the making, and the ways that nuclei settle in it."""

from dataclasses import dataclass, field

import numpy as np

from nucleoscope.data.synthetic.canvas import Canvas
from nucleoscope.data.synthetic.crowd import Crowd
from nucleoscope.data.synthetic.noise import Map
from nucleoscope.data.synthetic.nuclei import Habit, draw_nucleus

# A nucleus that finds no place is moved, not drawn anew: else small ones, which fit anywhere, prevail.
TRIES = 10


@dataclass
class Section:
    """What is painted, who lives in it, and what its nuclei have in common."""

    canvas: Canvas
    habit: Habit
    crowd: Crowd = field(default_factory=Crowd)

    @property
    def rng(self) -> np.random.Generator:
        """The one source of everything random in this section."""
        return self.canvas.rng

    def settle(self, kind: str, x: float, y: float, angle: float, gap: float) -> bool:
        """Draw a nucleus for this place; it stays if it keeps its distance (see `Crowd.add`)."""
        return self.crowd.add(draw_nucleus(self.rng, self.habit, kind, angle).at(x, y), gap)

    def scatter(
        self,
        kind: str,
        room: Map,
        count: int,
        gap: float,
        direction: float | None = None,
        patch: Canvas | None = None,
    ) -> None:
        """Settle nuclei at random where there is room, by dart throwing (Cook, 1986).

        Args:
            kind: their class.
            room: (H, W) in 0..1, how likely a dart sticks at a pixel.
            count: how many to settle; fewer where it is full.
            gap: least distance between nuclei in pixels, negative to let them overlap.
            direction: of the long axes in radians, give or take; any where not given.
            patch: the part of the canvas that `room` is a map of; all of it where not given.
        """
        ground, rng = patch or self.canvas, self.rng
        chances = np.cumsum(room, dtype=np.float64)
        if not len(chances) or chances[-1] < 1:
            return
        darts = np.searchsorted(chances, rng.uniform(0, chances[-1], (count, TRIES)))
        for tries in np.minimum(darts, room.size - 1):
            angle = rng.uniform(0, np.pi) if direction is None else direction + rng.normal(0, 0.1)
            nucleus = draw_nucleus(rng, self.habit, kind, angle)
            places = ((float(ground.x.flat[dart]), float(ground.y.flat[dart])) for dart in tries)
            # any() stops at the first place with room.
            any(self.crowd.add(nucleus.at(x, y), gap) for x, y in places)
