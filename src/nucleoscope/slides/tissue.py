"""What is no tissue to be classified: glass, pen, blur and folds, found in crops before a model is asked.

Every rule looks at the middle 25 um of a crop at about 0.5 um/pixel, and at colours as optical densities (log10 of how
much darker than white), which add up where stains, inks or layers of tissue lie on each other (Beer-Lambert). Its
threshold lies beyond what 8,300 nuclei of two real data sets show, save for fewer than one in a hundred of them;
docs/benchmarks.md has the rates.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from nucleoscope.slides.results import Doubt

_IN_ORDER = (Doubt.GLASS, Doubt.PEN, Doubt.BLUR, Doubt.FOLD)  # the first that holds

_PITCH = 0.5  # um/pixel that is looked at
_WHITE = 255
_COARSEST = 0.75  # um/pixel, beyond which focus does not show
_WINDOW = 25.0  # um, side of what is looked at
_NUCLEUS = 6.0  # um, radius around the middle in which there must be something to classify
_AT_ONCE = 64  # crops

_GLASS_DENSITY = 0.08  # of the darkest twentieth of the middle; pale nuclei have 0.12
_DIM_GLASS_DENSITY = 0.25  # glass under a dim lamp, if it is even and grey as well
_EVEN = 0.03
_GREY = 0.025

_INK = 0.15  # density from which on a colour is looked at
_GREEN_OR_BLUE = 1.15  # times as dense in red as in green; the stains are denser in green
_BLACK = (0.75, 0.6)  # blue as dense as the other colours, and how dense
_RED = (0.75, 0.4, 0.5)  # blue almost as dense as green, red hardly, and how dense green is
_INKED = 0.3  # part of the window
_COVERED = 0.5  # density of the lightest tenth under ink of any colour; two layers of dense tissue have 0.4

_FOCUS = 0.4  # detail of 0.5 to 1 um beside structure of 1 to 2 um, as variances
_DETAIL = 5.0  # least variance of that detail, in grey levels squared
_HAZE = 0.175  # density of the lightest tenth, divided by the focus

_Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Seen:
    """What the rules look at, of K crops.

    Attributes:
        brightness: (K, h, w) mean level of red, green and blue, 0..255.
        pitch: of its pixels, in um; 0.5 or near it.
        density: (K, h / 2, w / 2, 3) optical density of the colours, which need no finer look.
    """

    brightness: _Numbers
    pitch: float
    density: _Numbers

    @cached_property
    def grey(self) -> _Numbers:
        """(K, h / 2, w / 2) density of all colours together."""
        red, green, blue = np.moveaxis(self.density, -1, 0)
        return np.asarray((red + green + blue) / 3)

    @cached_property
    def lightest(self) -> _Numbers:
        """(K,) density of the lightest tenth of the window."""
        return np.asarray(np.quantile(self.grey.reshape(len(self.grey), -1), 0.1, axis=1))

    @cached_property
    def middle(self) -> NDArray[np.bool_]:
        """(h / 2, w / 2) where the nucleus must be."""
        height, width = self.density.shape[1:3]
        y, x = np.mgrid[:height, :width]
        away = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
        return np.asarray(away <= max(1.0, _NUCLEUS / (2 * self.pitch)))


def find_artefacts(crops: NDArray[np.uint8], mpp: float) -> NDArray[np.str_]:
    """Say for each crop whether it shows tissue.

    Blur and folds are looked for up to 0.75 um/pixel; what is coarser shows neither.

    Args:
        crops: (N, h, w, 3) uint8 RGB, a nucleus in the middle of each.
        mpp: micrometres per pixel of the crops.

    Returns:
        (N,) words of `Doubt`: of the first reason that holds, or "" for tissue.
    """
    found = np.full(len(crops), str(Doubt.NONE), "<U5")
    for start in range(0, len(crops), _AT_ONCE):
        found[start : start + _AT_ONCE] = _judge(_look(crops[start : start + _AT_ONCE], mpp))
    return found


def _look(crops: NDArray[np.uint8], mpp: float) -> _Seen:
    """The middle of crops (K, h, w, 3), shrunk by a whole number."""
    step = max(1, round(_PITCH / mpp))
    side = 2 * step
    size = [max(side, min(length, round(_WINDOW / mpp)) // side * side) for length in crops.shape[1:3]]
    top, left = ((length - kept) // 2 for length, kept in zip(crops.shape[1:3], size, strict=True))
    sums = _summed(crops[:, top : top + size[0], left : left + size[1]], step)  # (K, h, w, 3)
    brightness = (sums[..., 0] + sums[..., 1] + sums[..., 2]) / np.float32(3 * step**2)
    return _Seen(brightness, step * mpp, _densities(side**2)[_summed(sums, 2)])


def _summed(pictures: NDArray[Any], side: int) -> NDArray[np.uint32]:
    """(K, h, w, 3) summed over squares of pixels, (K, h / side, w / side, 3)."""
    height, width = pictures.shape[1] // side, pictures.shape[2] // side
    sums = np.zeros((len(pictures), height, width, 3), np.uint32)
    for y, x in np.ndindex(side, side):
        sums += pictures[:, y::side, x::side]
    return sums


@cache
def _densities(pixels: int) -> NDArray[np.float32]:
    """Optical density by the sum of the levels of so many pixels: looked up, since logarithms take long."""
    levels = np.arange(_WHITE * pixels + 1) / pixels
    return np.asarray(-np.log10((levels + 1) / (_WHITE + 1)), np.float32)


def _judge(seen: _Seen) -> NDArray[np.str_]:
    rules = [_glass(seen), _pen(seen)]
    if seen.pitch <= _COARSEST:
        rules += _unfocused(seen)
    return np.select(rules, [str(doubt) for doubt in _IN_ORDER[: len(rules)]], str(Doubt.NONE))


def _glass(seen: _Seen) -> NDArray[np.bool_]:
    """(K,) nothing in the middle: it is bright, or else even and grey."""
    middle = seen.grey[:, seen.middle]  # (K, pixels)
    low, high = np.quantile(middle, (0.05, 0.95), axis=1)
    colours = seen.density[:, seen.middle].mean(axis=1)  # (K, 3)
    grey = np.ptp(colours, axis=1) < _GREY
    return np.asarray((high < _GLASS_DENSITY) | ((high < _DIM_GLASS_DENSITY) & (high - low < _EVEN) & grey))


def _pen(seen: _Seen) -> NDArray[np.bool_]:
    """(K,) much of it in colours that haematoxylin, eosin and blood do not have: green, blue, black or red ink."""
    red, green, blue = np.moveaxis(seen.density, -1, 0)  # (K, h / 2, w / 2) each
    green_or_blue = (red > _GREEN_OR_BLUE * green) & (seen.grey > _INK)
    black = (blue > _BLACK[0] * np.maximum(red, green)) & (blue > _BLACK[1])
    pure_red = (blue > _RED[0] * green) & (red < _RED[1] * green) & (green > _RED[2])
    shares = [ink.mean(axis=(1, 2)) for ink in (green_or_blue, black, pure_red)]
    return np.asarray((np.max(shares, axis=0) > _INKED) | (seen.lightest > _COVERED))


def _unfocused(seen: _Seen) -> list[NDArray[np.bool_]]:
    """(K,) blurred, and (K,) folded: two layers are denser even where they are lightest, and not in focus together."""
    finest = _smooth(seen.brightness, 0.5 / seen.pitch)
    finer = _smooth(finest, sqrt(1.0**2 - 0.5**2) / seen.pitch)  # 1 um from the start
    detail = ((finest - finer) ** 2).mean(axis=(1, 2))
    # What is this smooth loses nothing when every other pixel is left out.
    fine = finer[:, ::2, ::2]
    structure = ((fine - _smooth(fine, sqrt(2.0**2 - 1.0**2) / (2 * seen.pitch))) ** 2).mean(axis=(1, 2))
    focus = detail / np.maximum(structure, np.finfo(np.float32).tiny)
    blur = (focus < _FOCUS) | (detail < _DETAIL)
    return [np.asarray(blur), np.asarray(seen.lightest > _HAZE * focus)]


def _smooth(pictures: _Numbers, pixels: float) -> _Numbers:
    """Blur each of (K, h, w) with a Gaussian of this deviation."""
    return np.asarray(ndimage.gaussian_filter(pictures, (0, pixels, pixels), truncate=3.0))
