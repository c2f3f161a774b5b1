"""How well found nuclei agree with known ones: precision, recall and F1 of one-to-one matches."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import cKDTree

RADIUS_UM = 3.0
"""A found nucleus is right within this distance of a known one."""


@dataclass(frozen=True)
class DetectionScore:
    """Counts of nuclei; what follows from them are shares in 0..1, NaN where nothing was found or known.

    Attributes:
        found: by the detector.
        known: in the truth.
        matched: pairs of one of each.
    """

    found: int
    known: int
    matched: int

    @property
    def precision(self) -> float:
        """Share of the found that are known."""
        return self.matched / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Share of the known that were found."""
        return self.matched / self.known if self.known else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.matched / (self.found + self.known) if self.found + self.known else float("nan")

    @classmethod
    def total(cls, scores: Iterable["DetectionScore"]) -> "DetectionScore":
        """Of all fields together: each nucleus counts the same."""
        parts = list(scores)
        return cls(sum(s.found for s in parts), sum(s.known for s in parts), sum(s.matched for s in parts))


def match_centres(
    found: NDArray[np.float64], known: NDArray[np.float64], radius: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The most pairs of one found and one known nucleus within a radius and, of those, the closest (Hungarian method).

    Args:
        found: (N, 2) x, y.
        known: (M, 2) x, y in the same unit.
        radius: in that unit.

    Returns:
        Positions (K,) in `found` and (K,) in `known` of the pairs.
    """
    if not len(found) or not len(known):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    near = cKDTree(found).sparse_distance_matrix(cKDTree(known), radius, output_type="ndarray")
    rows, place = np.unique(near["i"], return_inverse=True)
    columns, at = np.unique(near["j"], return_inverse=True)
    # So much dearer than any sum of distances that one pair less never pays.
    cost = np.full((len(rows), len(columns)), radius * (min(len(rows), len(columns)) + 1.0))
    cost[place, at] = near["v"]
    chosen = linear_sum_assignment(cost)
    right = cost[chosen] <= radius
    return rows[chosen[0][right]], columns[chosen[1][right]]


def score_centres(
    found: NDArray[np.float64], known: NDArray[np.float64], mpp: float, radius_um: float = RADIUS_UM
) -> DetectionScore:
    """Compare found (N, 2) with known (M, 2) nuclei of one image; positions in pixels of `mpp` um."""
    return DetectionScore(len(found), len(known), count_matches(found, known, radius_um / mpp))


def count_matches(found: NDArray[np.float64], known: NDArray[np.float64], radius: float) -> int:
    """How many pairs `match_centres` makes, without saying which: much faster (Hopcroft and Karp 1973)."""
    if not len(found) or not len(known):
        return 0
    near = cKDTree(found).sparse_distance_matrix(cKDTree(known), radius, output_type="ndarray")
    graph = csr_array((np.ones(len(near), np.int8), (near["i"], near["j"])), shape=(len(found), len(known)))
    return int((maximum_bipartite_matching(graph, perm_type="column") >= 0).sum())
