"""`CropSource`: the crops of a run, by name. The run folder does not hold them; the data that it names does."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.dataset import Dataset
from nucleoscope.errors import DataError, NucleoscopeError
from nucleoscope.pipeline.prepare import read_crops
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.report.results import RunResults


@dataclass(frozen=True)
class CropSource:
    """Where pictures of crops come from.

    Attributes:
        dataset: None where the data cannot be read any more; the report then does without crops.
        absence: why, in a sentence; empty where it can.
    """

    dataset: Dataset | None
    absence: str = ""

    @classmethod
    def of(cls, run: RunResults) -> "CropSource":
        """Read the data that a run was made with, from its cache where there is one.

        A report is also made where the data is not: on another machine, or after it changed.
        """
        one = run.parts[0]
        test = None if one.record["test"] is None else Path(one.record["test"])
        try:
            dataset = read_crops(one.record["source"], test, one.settings, one.folder.cache, Silent())
            if dataset.crops.fingerprint != one.record["fingerprint"]:
                raise DataError("the crops changed since the run began")
        except NucleoscopeError as failure:
            return cls(None, f"Pictures of crops are left out: {failure}.")
        return cls(dataset)

    @cached_property
    def _positions(self) -> dict[str, int]:
        names = () if self.dataset is None else self.dataset.crops.names
        return {name: position for position, name in enumerate(names)}

    @cached_property
    def _test_positions(self) -> dict[str, int]:
        test = None if self.dataset is None else self.dataset.test
        return {} if test is None else {name: position for position, name in enumerate(test.names)}

    def crop(self, name: str) -> NDArray[np.uint8] | None:
        """The labelled crop of this name, (H, W, 3); None where there is none."""
        position = self._positions.get(name)
        if self.dataset is None or position is None:
            return None
        image: NDArray[np.uint8] = self.dataset.crops.images[position]
        return image

    def label(self, name: str) -> int | None:
        """The class number of a labelled crop."""
        position = self._positions.get(name)
        return None if self.dataset is None or position is None else int(self.dataset.crops.targets()[position])

    def test_crop(self, name: str) -> NDArray[np.uint8] | None:
        """The test crop of this name, (H, W, 3)."""
        position = self._test_positions.get(name)
        if self.dataset is None or self.dataset.test is None or position is None:
            return None
        image: NDArray[np.uint8] = self.dataset.test.images[position]
        return image
