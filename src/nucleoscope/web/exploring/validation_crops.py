"""The validation crops of one model, with what it made of them, column by column as the page wants them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline.model_results import ModelResult
from nucleoscope.prediction.table import Predictions, read_predictions
from nucleoscope.web.pictures.opened import Opened

_DIGITS = 4  # of probabilities, for the page


@dataclass(frozen=True)
class ValidationCrops:
    """The M crops that a model was validated on, in the order of its `predictions.csv`.

    Attributes:
        predictions: names, true classes and probabilities.
        position: (M,) of each among the labelled crops of the run.
        tile: M numbers of tiles as text; empty where they are not known.
    """

    predictions: Predictions
    position: NDArray[np.int64]
    tile: tuple[str, ...]

    def columns(self) -> dict[str, list[Any]]:
        """The columns, ready for JSON; probabilities are a row a crop."""
        found = self.predictions
        return {
            "position": self.position.tolist(),
            "name": list(found.names),
            "label": found.labels.tolist(),
            "predicted": found.probabilities.argmax(axis=1).tolist(),
            "probabilities": found.probabilities.round(_DIGITS).tolist(),
            "tile": list(self.tile),
        }


def read_validation_crops(result: ModelResult, opened: Opened) -> ValidationCrops:
    """Read them from the run.

    Args:
        result: of the model.
        opened: the data of its run.

    Raises:
        RunFolderError: the table is damaged or of other crops.
    """
    table = result.place.folder.predictions
    predictions, lines = read_predictions(table), read_split_lines(result.place.run.split)
    position = {name: i for i, name in enumerate(opened.crops.names)}
    foreign = next((name for name in predictions.names if name not in position), None)
    if foreign is not None or predictions.classes != opened.crops.classes:
        found = "other classes" if foreign is None else f'a line for "{foreign}", which the data has not'
        raise RunFolderError(f'"{table}" has {found}; run `nucleoscope evaluate` again')
    return ValidationCrops(
        predictions,
        np.array([position[name] for name in predictions.names], np.int64),
        tuple(lines[name][1] for name in predictions.names),
    )
