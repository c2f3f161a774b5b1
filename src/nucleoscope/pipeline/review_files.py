"""The files of a label review: `labels.csv` to edit, contact sheets to look at, and `review.json`."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.reading.corrections import CORRECTED_COLUMN, DROP, NAME_COLUMN
from nucleoscope.data.splits import Protocol
from nucleoscope.errors import RunFolderError
from nucleoscope.evaluation.label_review import FILTER, QUALITY, Suspects, find_suspects
from nucleoscope.evaluation.plots.contact_sheet import PER_SHEET, Card, Words, plot_contact_sheet
from nucleoscope.files import sha256_of, write_csv, write_json
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.out_of_fold import Folding
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.reporter import Reporter
from nucleoscope.pipeline.versions import versions

LABELS = "labels.csv"
RECORD = "review.json"
HEADER = (
    NAME_COLUMN,
    "label",
    "suggested",
    "probability_label",
    "probability_suggested",
    "quality",
    CORRECTED_COLUMN,
)
LIMIT = 500
"""Suspects that are written, unless told otherwise."""


@dataclass(frozen=True)
class Review:
    """What a review found.

    Attributes:
        folding: how the crops were dealt out.
        judges: what the models that judged are, for a title.
        fits: how they were fitted, for the record.
        probabilities: (N, C) of models that were not trained on the crop.
        found: every suspect.
        listed: those that are written.
    """

    folding: Folding
    judges: str
    fits: Mapping[str, Any]
    probabilities: NDArray[np.float64]
    found: Suspects
    listed: Suspects

    @classmethod
    def of(
        cls,
        folding: Folding,
        judges: str,
        fits: Mapping[str, Any],
        probabilities: NDArray[np.float64],
        labels: NDArray[np.int64],
        limit: int = LIMIT,
    ) -> "Review":
        """Find the suspects in out-of-fold probabilities (N, C), wherever these are from, and labels (N,)."""
        found = find_suspects(probabilities, labels)
        return cls(folding, judges, fits, probabilities, found, found.first(limit))


def write_review(out: Path, prepared: Prepared, kind: Kind, review: Review, reporter: Reporter) -> None:
    """Write what a review found, and tell where it is."""
    _remove_sheets(out)
    sheets = _draw(out, prepared, kind, review, reporter)
    write_csv(out / LABELS, HEADER, _rows(prepared, review))
    write_json(
        out / RECORD, _record(prepared, kind, review) | {"sheets": sheets, "labels_sha256": sha256_of(out / LABELS)}
    )
    _tell(out / LABELS, prepared, kind, review, reporter)


def _tell(table: Path, prepared: Prepared, kind: Kind, review: Review, reporter: Reporter) -> None:
    """Say how many labels are likely wrong, and what to do with the table."""
    found, listed = len(review.found), len(review.listed)
    if not found:
        reporter.say(f"{kind}: no label is likely wrong ({_protocol(review.folding)})")
        return
    reporter.say(
        f"{kind}: {found:,} of {len(prepared.dataset.crops):,} labels are likely wrong ({_protocol(review.folding)}); "
        f"the first {listed:,} are in {table}"
    )
    earlier = prepared.settings.corrections
    reporter.say(
        f"look at the sheets, write a class or {DROP} into the column {CORRECTED_COLUMN}, and run again with "
        f"--corrections {table}" + (f"; add the rows of {earlier}, or they are lost" if earlier else "")
    )


def _rows(prepared: Prepared, review: Review) -> list[tuple[str, ...]]:
    """The lines of `labels.csv`."""
    classes = prepared.classes
    return [
        (
            card.name,
            classes[card.given],
            classes[card.suggested],
            f"{card.probability_given:.6f}",
            f"{card.probability_suggested:.6f}",
            f"{quality:.6f}",
            "",
        )
        for card, quality in zip(_cards(prepared, review), review.listed.quality.tolist(), strict=True)
    ]


def _cards(prepared: Prepared, review: Review) -> list[Card]:
    crops = prepared.dataset.crops
    labels = crops.targets()
    return [
        Card(
            image=crops.images[crop],
            name=crops.names[crop],
            given=int(labels[crop]),
            suggested=suggested,
            probability_given=float(review.probabilities[crop, labels[crop]]),
            probability_suggested=float(review.probabilities[crop, suggested]),
        )
        for crop, suggested in zip(review.listed.index.tolist(), review.listed.suggested.tolist(), strict=True)
    ]


def _draw(out: Path, prepared: Prepared, kind: Kind, review: Review, reporter: Reporter) -> list[str]:
    """Draw the contact sheets; their names."""
    cards = _cards(prepared, review)
    pages = -(-len(cards) // PER_SHEET)
    names = []
    with reporter.bar(f"{kind}: contact sheets") as bar:
        for page in range(pages):
            first = page * PER_SHEET
            shown = cards[first : first + PER_SHEET]
            words = Words(
                title=f"Labels that are likely wrong: {review.judges}, sheet {page + 1} of {pages}",
                subtitle=(
                    f"Suspects {first + 1:,} to {first + len(shown):,} of {len(review.found):,}, the most suspicious "
                    f"first, among {len(prepared.dataset.crops):,} labelled crops. {_meaning(review.folding)}"
                ),
                note=(
                    "Percentages are the probabilities of the two classes. The model may be wrong: look at the "
                    f"nucleus in the centre before you correct a label in {LABELS}. Research use only."
                ),
            )
            names.append(f"review-{page + 1:02d}.png")
            plot_contact_sheet(out / names[-1], shown, prepared.classes, words)
            bar(page + 1, pages)
    return names


def _protocol(folding: Folding) -> str:
    return f"{folding.folds} folds by {'tile' if folding.protocol is Protocol.TILES else 'crop, at random'}"


def _meaning(folding: Folding) -> str:
    sides = "no tile on both sides" if folding.protocol is Protocol.TILES else "crops split at random"
    return (
        f"Each crop was judged by a model that was not trained on it (protocol {folding.protocol}: {sides}, "
        f"{folding.folds} folds)."
    )


def _record(prepared: Prepared, kind: Kind, review: Review) -> dict[str, Any]:
    """The content of `review.json`."""
    labels, classes = prepared.dataset.crops.targets(), prepared.classes
    given = np.bincount(labels[review.found.index], minlength=len(classes)).tolist()
    suggested = np.bincount(review.found.suggested, minlength=len(classes)).tolist()
    pairs = Counter(zip(labels[review.found.index].tolist(), review.found.suggested.tolist(), strict=True))
    return {
        "model": kind,
        "protocol": review.folding.protocol,
        "folds": review.folding.folds,
        "seed": prepared.settings.seed,
        "crops": len(labels),
        "suspected": len(review.found),
        "listed": len(review.listed),
        "per_class": {
            name: {"crops": int(crops), "suspected": given[c], "suggested": suggested[c]}
            for c, (name, crops) in enumerate(zip(classes, np.bincount(labels, minlength=len(classes)), strict=True))
        },
        "pairs": [
            {"label": classes[label], "suggested": classes[other], "crops": count}
            for (label, other), count in pairs.most_common()
        ],
        "filter": FILTER,
        "quality": QUALITY,
        **review.fits,
        "data_fingerprint": prepared.fingerprint,
        "versions": versions(),
    }


def check_not_edited(out: Path) -> None:
    """Refuse to write over somebody's work.

    Raises:
        RunFolderError: there is a table that is not as a review left it.
    """
    table, record = out / LABELS, _read_record(out)
    if table.exists() and record.get("labels_sha256") != sha256_of(table):
        raise RunFolderError(
            f'"{table}" is not as a review wrote it, so somebody edited it; expected an untouched one or none: '
            "move it away, or write elsewhere with --out"
        )


def _read_record(out: Path) -> dict[str, Any]:
    """What an earlier review wrote; empty if there was none."""
    path = out / RECORD
    if not path.exists():
        return {}
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as failure:
        raise RunFolderError(
            f'"{path}" is damaged ({failure}); move it away, or write elsewhere with --out'
        ) from failure
    return record


def _remove_sheets(out: Path) -> None:
    """Remove the sheets of an earlier review, which may have had more of them."""
    for name in _read_record(out).get("sheets", []):
        (out / name).unlink(missing_ok=True)
