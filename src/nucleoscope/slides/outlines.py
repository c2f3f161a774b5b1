"""Outlines of nuclei: rings of points from coordinates in JSON, and where their centroid is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nucleoscope.slides.results import Ring

Outline = tuple[Ring, ...]
"""A polygon: its outer ring, then those of its holes."""


class UnusableError(Exception):
    """Coordinates that are no place or outline; its text says what was found."""


def read_ring(coordinates: Any) -> Ring:
    """A ring (M, 2) from a list of [x, y], closed or not; what follows x and y in a point is left out.

    Raises:
        UnusableError: it is no such list, or holds what is no finite number.
    """
    try:
        points = np.asarray(coordinates, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise UnusableError("malformed coordinates") from error
    if points.ndim != 2 or points.shape[1] < 2 or not len(points):
        raise UnusableError("malformed coordinates")
    ring = points[:, :2]
    if not np.isfinite(ring).all():
        raise UnusableError("coordinates that are not finite")
    return ring[:-1] if len(ring) > 1 and (ring[0] == ring[-1]).all() else ring


def read_point(coordinates: Any) -> tuple[float, float]:
    """The place x, y from [x, y].

    Raises:
        UnusableError: it is no such list, or holds what is no finite number.
    """
    x, y = read_ring([coordinates])[0].tolist()
    return x, y


def read_polygon(rings: Any) -> Outline:
    """A polygon from the list of its rings; holes of fewer than three points are left out.

    Raises:
        UnusableError: it is no such list.
    """
    if not isinstance(rings, Sequence) or isinstance(rings, str) or not rings:
        raise UnusableError("malformed coordinates")
    outer, *holes = map(read_ring, rings)
    return (outer, *(hole for hole in holes if len(hole) > 2))


def centroid(polygons: Sequence[Outline]) -> tuple[float, float]:
    """Centroid x, y of the area of one or more polygons; of their points, if they have no area."""
    total, moment = 0.0, np.zeros(2)
    for polygon in polygons:
        for position, ring in enumerate(polygon):
            area, middle = _area_and_middle(ring)
            signed = area if position == 0 else -area
            total += signed
            moment += signed * middle
    if total <= 0:
        x, y = np.concatenate([polygon[0] for polygon in polygons]).mean(axis=0).tolist()
    else:
        x, y = (moment / total).tolist()
    return x, y


def _area_and_middle(ring: Ring) -> tuple[float, np.ndarray]:
    """Area and centroid of a ring, by the shoelace formula around its first point."""
    rest = ring[1:] - ring[0]
    one, next_one = rest[:-1], rest[1:]
    cross = one[:, 0] * next_one[:, 1] - one[:, 1] * next_one[:, 0]  # twice the areas of a fan of triangles
    twice = float(cross.sum())
    if twice == 0:
        return 0.0, ring[0]
    return abs(twice) / 2, ring[0] + cross @ (one + next_one) / (3 * twice)


def extent(outline: Outline) -> float:
    """The longer side of the box around a polygon, in pixels."""
    return float(np.ptp(outline[0], axis=0).max())
