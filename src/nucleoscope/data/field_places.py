"""`FieldPlaces`: the fields that crops were cut from, where that is known and need not be found by shared pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.errors import DataError


@dataclass(frozen=True)
class FieldPlaces:
    """Where N crops were cut.

    Attributes:
        fields: N names of fields.
        corners: (N, 2) int64 the top-left of each crop in its field as x, y, x right and y down, in pixels of the
            crops, so that crops overlap in the field as far as these say; None where only the fields are known.
    """

    fields: tuple[str, ...]
    corners: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong together.

        Raises:
            DataError: they do not.
        """
        if self.corners is not None and self.corners.shape != (len(self.fields), 2):
            raise DataError(f"{len(self.fields)} crops have corners of shape {self.corners.shape}; each needs x and y")

    def __len__(self) -> int:
        return len(self.fields)

    def subset(self, index: Sequence[int] | NDArray[np.integer[Any]]) -> "FieldPlaces":
        """Of the crops at these positions, in this order."""
        positions = np.asarray(index, dtype=np.int64)
        corners = None if self.corners is None else self.corners[positions]
        return FieldPlaces(tuple(self.fields[i] for i in positions.tolist()), corners)
