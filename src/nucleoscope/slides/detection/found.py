"""Nuclei that were found on an image: positions, ids, and how sure the detector was."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NAMESPACE = uuid.UUID("6f3bb3d6-6a3c-5b0e-9a55-3f1d2c0c7a10")


@dataclass(frozen=True)
class FoundNuclei:
    """Nuclei in the order of y, then x.

    Attributes:
        centres: (N, 2) float64 x, y in pixels at full resolution, x right, y down, origin at the top-left corner of
            the image.
        scores: (N,) float32 response of the detector; comparable within one detector only.
        kind: how they were found, in words, for the summary.
    """

    centres: NDArray[np.float64]
    scores: NDArray[np.float32]
    kind: str

    def __len__(self) -> int:
        return len(self.centres)

    def identities(self) -> Iterator[str]:
        """A UUID for each: the same nucleus at the same place gets the same one again."""
        for x, y in self.centres.tolist():
            yield str(uuid.uuid5(_NAMESPACE, f"{x:.3f} {y:.3f}"))
