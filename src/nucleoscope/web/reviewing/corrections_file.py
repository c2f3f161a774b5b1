"""`corrections.csv`: what the reviewers agree on, for `nucleoscope run --corrections`."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nucleoscope.data.reading.corrections import CORRECTED_COLUMN, NAME_COLUMN, Correction, read_corrections
from nucleoscope.pipeline.folder import RunFolder
from nucleoscope.pipeline.model_results import find_models
from nucleoscope.web.reviewing.decisions import Decision

HEADER = (NAME_COLUMN, CORRECTED_COLUMN, "label", "decided_by", "disagreement")
"""Columns; `--corrections` reads the first two."""


@dataclass(frozen=True)
class Settled:
    """What is decided about one crop.

    Attributes:
        given: the label that it has.
        corrected: what it is to be; empty where it stays as it is.
        reviewers: who decided.
        disagreement: what each of them says, where they do not say the same; empty otherwise.
    """

    given: str
    corrected: str
    reviewers: tuple[str, ...]
    disagreement: str


def earlier_corrections(run: RunFolder) -> list[Correction]:
    """The corrections that a run, or the runs in its folder, were made with.

    Raises:
        DataError: their file is not there any more, or damaged.
    """
    runs = {place.run for place in find_models(run)}
    files = {str(one.read()["settings"]["corrections"]) for one in runs if one.read()["settings"].get("corrections")}
    return [row for file in sorted(files) for row in read_corrections(Path(file))]


def settle(decisions: Iterable[Decision]) -> dict[str, Settled]:
    """By crop, what all who decided about it agree on; where they disagree, the label stays and the row says so."""
    of_crop: dict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        of_crop[decision.crop].append(decision)
    return {crop: _settle(found) for crop, found in of_crop.items()}


def _settle(decisions: Sequence[Decision]) -> Settled:
    answers, given = {decision.answer for decision in decisions}, decisions[0].given
    agreed = len(answers) == 1
    return Settled(
        given=given,
        corrected=answers.pop() if agreed and answers != {given} else "",
        reviewers=tuple(decision.reviewer for decision in decisions),
        disagreement="" if agreed else " | ".join(f"{d.reviewer}: {d.answer}" for d in decisions),
    )


def corrections_text(settled: Mapping[str, Settled], earlier: Sequence[Correction]) -> str:
    """The file.

    Args:
        settled: by crop.
        earlier: the corrections that the run was made with. They are in the file as well, since the next run reads
            the data as it came; where a crop was decided otherwise now, that counts.
    """
    before = {row.name: row.corrected for row in earlier}
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADER)
    for name, corrected in before.items():
        if name not in settled:
            writer.writerow([name, corrected, "", "", ""])
    for name, one in settled.items():
        kept = one.corrected or before.get(name, "")
        writer.writerow([name, kept, one.given, " | ".join(one.reviewers), one.disagreement])
    return stream.getvalue()
