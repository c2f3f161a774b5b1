"""Random textures: value noise, plain or along coordinates that turn, stretch and bend it, and fine grain.

Value noise interpolates random values on a lattice (after Perlin, An image synthesizer, 1985), here with
quadratic B-splines, which leave no creases. All textures have zero mean and unit deviation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Map = NDArray[np.floating[Any]]

LATTICE = 256
# What interpolation leaves of the deviation of the lattice's values: the root of 11/20 on each of two axes.
SPLINE_DEVIATION = 0.55


def bent_noise(rng: np.random.Generator, u: Map, v: Map) -> Map:
    """Value noise along any coordinates, one lattice cell a unit.

    Args:
        rng: the source of the lattice.
        u: (H, W) first coordinate in lattice cells.
        v: (H, W) second coordinate in lattice cells.

    Returns:
        (H, W) noise.
    """
    lattice = rng.standard_normal((LATTICE, LATTICE), dtype=np.float32)
    values = ndimage.map_coordinates(lattice, [v, u], order=2, mode="grid-wrap", prefilter=False)
    return np.asarray(values / np.float32(SPLINE_DEVIATION))


def plain_noise(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Map:
    """Value noise on the pixel grid, features of about `scale` pixels, (H, W); quick, axis by axis."""
    height, width = shape
    lattice = rng.standard_normal((int(width / scale) + 4, int(height / scale) + 4), dtype=np.float32)
    wide = np.ascontiguousarray(spline(lattice, width, scale).T)  # (cells, W)
    return spline(wide, height, scale) / np.float32(SPLINE_DEVIATION)


def spline(values: Map, length: int, scale: float) -> Map:
    """Interpolate (cells, K) to (length, K) with quadratic B-splines, one cell every `scale` places."""
    places = np.arange(length) / scale
    cell = np.floor(places + 0.5).astype(np.int64)
    t = (places - cell).astype(np.float32)[:, None]  # (length, 1) in -0.5..0.5
    weights = (0.5 * (0.5 - t) ** 2, 0.75 - t**2, 0.5 * (0.5 + t) ** 2)
    return np.asarray(sum(weight * values[cell + offset] for offset, weight in enumerate(weights)))


def octaves(rng: np.random.Generator, u: Map, v: Map, count: int = 3) -> Map:
    """Bent noise over several octaves, each of twice the frequency and 0.6 of the strength of the one before.

    Args:
        rng: the source of the lattices.
        u: (H, W) first coordinate in cells of the coarsest lattice.
        v: (H, W) second coordinate.
        count: the number of octaves.

    Returns:
        (H, W) noise.
    """
    total, power = np.zeros_like(u), 0.0
    for octave in range(count):
        total += np.float32(0.6**octave) * bent_noise(rng, u * 2**octave, v * 2**octave)
        power += 0.36**octave
    return total / np.float32(np.sqrt(power))


def grain(rng: np.random.Generator, shape: tuple[int, int], scale: float) -> Map:
    """Fine noise whose specks are about `scale` pixels, (H, W)."""
    white = rng.standard_normal(shape, dtype=np.float32)
    blurred: Map = ndimage.gaussian_filter(white, scale, mode="wrap", truncate=3.0)
    return np.asarray(blurred / blurred.std())


def step(values: Map, low: float, high: float) -> Map:
    """Smooth rise from 0 at `low` to 1 at `high`, for soft edges; a fall where `low` is above `high`."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
