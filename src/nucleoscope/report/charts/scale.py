"""`Scale`: from values to places on an axis, and the round values that it is marked at."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_FINE = (1, 1.5, 2, 3, 5, 7)
_STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic axis.

    Attributes:
        low: value at its beginning.
        high: value at its end.
        logarithmic: whether equal ratios are equally long.
    """

    low: float
    high: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Where a value lies, 0 at the beginning and 1 at the end."""
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Round values on it, about as many as wanted."""
        if self.logarithmic:
            return self._logarithmic_ticks()
        rough = (self.high - self.low) / wanted
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * factor for factor in _STEPS if size * factor >= rough * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first, last + 1)]

    def _logarithmic_ticks(self) -> list[float]:
        """Powers of ten, with multiples of them where there are few."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        factors = {1: _FINE, 2: _FINE, 3: (1, 2, 5)}.get(len(powers), (1,))
        values = [factor * 10.0**power for power in powers for factor in factors]
        return [value for value in values if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]


def scale_around(values: Iterable[float], *, floor: float | None = None, top: float | None = None) -> Scale:
    """A linear scale that holds all values with some room, and never leaves `floor` and `top`."""
    known = list(values)
    low, high = min(known), max(known)
    room = 0.08 * (high - low) or 0.05 * abs(high) or 0.05
    low = low - room if floor is None else max(floor, low - room)
    high = high + room if top is None else min(top, high + room)
    return Scale(low, high)
