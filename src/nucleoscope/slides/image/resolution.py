"""Micrometres per pixel (mpp) as files state it: units, what is plausible, and pixels that are not square."""

from dataclasses import dataclass

PLAUSIBLE = (0.05, 10.0)
"""Least and greatest mpp taken for a microscope's; what lies outside was meant for a printer or a screen."""
MICROMETRES_PER_INCH = 25400.0
SQUARE = 0.02  # relative difference of the two sides of a pixel up to which it counts as square


@dataclass(frozen=True)
class Resolution:
    """What a file says about the size of its pixels.

    Attributes:
        x: width of a pixel in um, None where the file does not say.
        y: height of a pixel in um, likewise.
        remark: what the file says that cannot be used, for an error message; "" if it says nothing.
    """

    x: float | None = None
    y: float | None = None
    remark: str = ""

    @property
    def square(self) -> bool:
        """Whether it is known and the same in both directions."""
        return self.x is not None and self.y is not None and abs(self.x / self.y - 1.0) <= SQUARE

    @property
    def mpp(self) -> float | None:
        """The mean of both sides; None where it is not known or pixels are not square."""
        return (self.x + self.y) / 2 if self.x is not None and self.y is not None and self.square else None


UNKNOWN = Resolution()
"""Of a file that says nothing."""


def stated(x: float, y: float, source: str) -> Resolution:
    """The resolution that a file states, if it can be a microscope's.

    Args:
        x: width of a pixel in um.
        y: height of a pixel in um.
        source: what states it, such as "its resolution tag".

    >>> stated(0.25, 0.25, "its header").mpp
    0.25
    >>> stated(352.8, 352.8, "its header").remark
    'its header gives 353 um/pixel, which is no microscope'
    """
    low, high = PLAUSIBLE
    if low <= x <= high and low <= y <= high:
        return Resolution(x, y)
    size = f"{x:.3g}" if f"{x:.3g}" == f"{y:.3g}" else f"{x:.3g} x {y:.3g}"
    return Resolution(remark=f"{source} gives {size} um/pixel, which is no microscope")


def from_density(x: float, y: float, pixels_per: float, source: str) -> Resolution:
    """The resolution from pixels per length.

    Args:
        x: pixels per unit of length, horizontally.
        y: vertically.
        pixels_per: the unit of length in um: 25,400 for an inch.
        source: what states it.

    >>> from_density(40000, 40000, 10_000, "its header").mpp
    0.25
    """
    return stated(pixels_per / x, pixels_per / y, source) if x > 0 and y > 0 else UNKNOWN
