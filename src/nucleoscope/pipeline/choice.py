"""`Choice`: what was chosen on the `select` share, as `selection.json` keeps it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleoscope.config import Training
from nucleoscope.errors import RunFolderError


@dataclass(frozen=True)
class Choice:
    """What was chosen on the `select` share; the content of `selection.json`.

    Attributes:
        settings: of the final fit.
        keep: the final fit stops after this epoch of its schedule.
        select_crops: how many crops the choice looked at.
        select_accuracy: on them, of the fit that was chosen; for choosing only, it is optimistic.
        temperature: fitted on the logits of these crops.
        adjustment_strength: of the logit adjustment with the best balanced accuracy on them.
        adjustment: what it adds to the logits, (C,).
        set_threshold: the least probability at which a class belongs to a set; see `evaluation.conformal`.
        novelty_threshold: the energy above which a nucleus is foreign, see `prediction.novelty`; None in files of
            before there was one.
    """

    settings: Training
    keep: int
    select_crops: int
    select_accuracy: float
    temperature: float
    adjustment_strength: float
    adjustment: tuple[float, ...]
    set_threshold: float
    novelty_threshold: float | None = None

    def to_mapping(self) -> dict[str, Any]:
        """Names and values, ready for JSON."""
        return dataclasses.asdict(self)


def read_choice(path: Path) -> Choice:
    """Read `selection.json`.

    Raises:
        RunFolderError: the choice was not made yet.
    """
    if not path.is_file():
        raise RunFolderError(f'"{path}" is missing: no settings were chosen yet; run `nucleoscope tune` first')
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        values["settings"] = Training.from_mapping(values["settings"], str(path))
        values["adjustment"] = tuple(values["adjustment"])
        return Choice(**values)
    except (ValueError, KeyError, TypeError) as failure:
        raise RunFolderError(f'"{path}" is damaged ({failure}); run `nucleoscope tune` again') from failure
