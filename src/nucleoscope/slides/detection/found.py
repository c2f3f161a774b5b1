"""Nuclei that were found on an image: what `NucleusFile` is for a file of them."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.slides.results import Nucleus

_NAMESPACE = uuid.UUID("6f3bb3d6-6a3c-5b0e-9a55-3f1d2c0c7a10")


@dataclass(frozen=True)
class FoundNuclei:
    """Nuclei in the order of y, then x.

    Attributes:
        path: of the image.
        kind: how they were found, in words.
        centres: (N, 2) float64 x, y in pixels at full resolution, x right, y down, origin at the top-left corner of
            the image.
        scores: (N,) float32 response of the detector; comparable within one detector only.
        skipped: nothing, ever: what is no nucleus is not found.
    """

    path: Path
    kind: str
    centres: NDArray[np.float64]
    scores: NDArray[np.float32]
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.centres)

    def __iter__(self) -> Iterator[Nucleus]:
        """The nuclei; each has a UUID, the same again where the same place of an image of this name is found again."""
        for x, y in self.centres.tolist():
            yield Nucleus(str(uuid.uuid5(_NAMESPACE, f"{self.path.name} {x:.3f} {y:.3f}")), x, y)
