"""The labels that `nucleoscope review` found to be likely wrong."""

import csv
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nucleoscope.data.reading.corrections import CORRECTED_COLUMN
from nucleoscope.errors import RunFolderError
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.model_results import ModelPlace, find_models
from nucleoscope.pipeline.review_files import HEADER, LABELS, RECORD


@dataclass(frozen=True)
class Suspect:
    """A label that is likely wrong.

    Attributes:
        name: of the crop.
        given: the class that it was given.
        suggested: the class that models take it for that were not trained on it.
        probability_given: that they give to the first.
        probability_suggested: that they give to the second.
    """

    name: str
    given: str
    suggested: str
    probability_given: float
    probability_suggested: float


@dataclass(frozen=True)
class SuspectList:
    """What one review found, the most suspicious first.

    Attributes:
        suspects: as its table has them.
        record: what `review.json` says of it.
        edited: how many rows of the table somebody corrected by hand.
    """

    suspects: tuple[Suspect, ...]
    record: dict[str, Any]
    edited: int

    @property
    def classes(self) -> tuple[str, ...]:
        """All class names, in their order."""
        return tuple(self.record["per_class"])

    def sentence(self) -> str:
        """How many there are, and who says so."""
        record = self.record
        judged = f"{record['folds']} folds, {record['protocol']} split, each crop judged by a model not trained on it"
        listed = "" if record["listed"] == record["suspected"] else f", the first {record['listed']:,} listed"
        return f"{record['suspected']:,} of {record['crops']:,} labels are likely wrong{listed} ({judged})"


def reviewed_places(run: RunFolder) -> dict[str, ModelPlace]:
    """The models of a folder, by their keys."""
    return {place.key: place for place in find_models(run)}


def has_list(place: ModelPlace) -> bool:
    """Whether a review of this model was made."""
    return (place.folder.review / LABELS).is_file() and (place.folder.review / RECORD).is_file()


def review_command(place: ModelPlace) -> str:
    """What makes the review of a model, for a shell."""
    return f"nucleoscope review {shlex.quote(str(place.folder.path.parent))} --model {place.kind}"


def read_suspects(place: ModelPlace) -> SuspectList:
    """Read what a review of a model wrote.

    Raises:
        RunFolderError: its table or its record is damaged.
    """
    table, record = place.folder.review / LABELS, place.folder.review / RECORD
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:  # spreadsheets put a mark before it
            rows = list(csv.DictReader(stream))
        found = json.loads(record.read_text(encoding="utf-8"))
        suspects = tuple(_suspect(row) for row in rows)
        return SuspectList(suspects, found, _count_edited(rows))
    except (ValueError, KeyError, TypeError) as failure:
        raise RunFolderError(
            f'"{table}" or its {RECORD} is damaged ({failure}); expected the columns {", ".join(HEADER)}: move the '
            f"folder away and run `{review_command(place)}` again"
        ) from failure


def _suspect(row: dict[str, str]) -> Suspect:
    return Suspect(
        row["name"],
        row["label"],
        row["suggested"],
        float(row["probability_label"]),
        float(row["probability_suggested"]),
    )


def _count_edited(rows: Sequence[dict[str, str]]) -> int:
    return sum(bool((row.get(CORRECTED_COLUMN) or "").strip()) for row in rows)
