"""Outlines of nuclei: rings of points from coordinates in JSON, and where their centroid is."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nucleoscope.slides.results import Ring

Outline = tuple[Ring, ...]
"""A polygon: its outer ring, then those of its holes."""


_FARTHEST = 2.0**31
"""Pixels: no image is as wide, and what is computed of smaller numbers does not overflow."""


class UnusableError(Exception):
    """Coordinates that are no place or outline; its text says what was found."""


def read_ring(coordinates: Any) -> Ring:
    """A ring (M, 2) from a list of [x, y], closed or not; what follows x and y in a point is left out.

    Raises:
        UnusableError: it is no such list, or holds what is no finite number or beyond any image.
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
    if not (np.abs(ring) < _FARTHEST).all():
        raise UnusableError("coordinates that no image reaches")
    return ring[:-1] if len(ring) > 1 and ring[0].tolist() == ring[-1].tolist() else ring


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
    total, of_x, of_y = 0.0, 0.0, 0.0
    for polygon in polygons:
        for position, ring in enumerate(polygon):
            area, x, y = _area_and_middle(ring)
            signed = area if position == 0 else -area
            total += signed
            of_x += signed * x
            of_y += signed * y
    if total > 0:
        return of_x / total, of_y / total
    x, y = np.concatenate([polygon[0] for polygon in polygons]).mean(axis=0).tolist()
    return x, y


def _area_and_middle(ring: Ring) -> tuple[float, float, float]:
    """Area of a ring, and x and y of its centroid, by the shoelace formula around its first point."""
    left, top = ring[0].tolist()
    rest = ring[1:] - ring[0]
    one, next_one = rest[:-1], rest[1:]
    cross = one[:, 0] * next_one[:, 1] - one[:, 1] * next_one[:, 0]  # twice the areas of a fan of triangles
    twice = float(cross.sum())
    if twice == 0:
        return 0.0, left, top
    x, y = (cross @ (one + next_one)).tolist()
    return abs(twice) / 2, left + x / (3 * twice), top + y / (3 * twice)


def extent(outline: Outline) -> float:
    """The longer side of the box around a polygon, in pixels."""
    return float((outline[0].max(axis=0) - outline[0].min(axis=0)).max())
