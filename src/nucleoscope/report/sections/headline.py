"""The first screen: what each model reached, under which protocol, and what that means."""

from dataclasses import dataclass
from typing import Any

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.paired import PairedDifference, paired_difference
from nucleoscope.models.specification import Kind
from nucleoscope.pipeline.both import gap_sentence
from nucleoscope.pipeline.known_failures import largest_confusion
from nucleoscope.report.charts.accuracies import Bar, draw_accuracies
from nucleoscope.report.material import Material, Section
from nucleoscope.report.results import Entry, RunResults
from nucleoscope.report.sections.expectation import expectations

_MEANING = {
    Protocol.RANDOM: "crops drawn at random, many of whose tiles it was trained on",
    Protocol.TILES: "crops of tiles that it never saw",
}


@dataclass(frozen=True)
class ModelCard:
    """What the first screen says of one model.

    Attributes:
        kind: which.
        architecture: in a few words.
        figures: an accuracy for each protocol, with its sentence.
        gap: what the difference of the protocols means; empty where there is one protocol.
    """

    kind: Kind
    architecture: str
    figures: list[tuple[Bar, str]]
    gap: str


def headline(material: Material) -> Section:
    """The section; where no model was evaluated yet, the command that does."""
    if not material.measured:
        return Section("headline", "Results", None, "No model was evaluated yet; go on with the run with --resume.")
    content = {
        "cards": [_card(material, kind) for kind in material.kinds if _of(material, kind)],
        "chart": draw_accuracies(_rows(material)),
        "protocols": sorted({entry.run.protocol for entry in material.measured}),
        "comparisons": [sentence for run in material.runs for sentence in _compared(run)],
        "expectations": expectations(material.measured),
        "unfinished": _unfinished(material),
    }
    return Section("headline", "Results", content)


def _of(material: Material, kind: Kind) -> list[Entry]:
    return [entry for entry in material.measured if entry.model.kind is kind]


def bar_of(entry: Entry) -> Bar:
    """The accuracy of a model with everything that it is quoted with."""
    interval = entry.metrics["accuracy_ci95"]
    return Bar(
        Protocol(entry.metrics["protocol"]),
        entry.metrics["accuracy"],
        None if interval is None else (interval[0], interval[1]),
        entry.metrics["crops"],
    )


def _card(material: Material, kind: Kind) -> ModelCard:
    entries = _of(material, kind)
    reached = {entry.run.protocol: entry.metrics["accuracy"] for entry in entries}
    gap = gap_sentence(reached[Protocol.RANDOM] - reached[Protocol.TILES]) if len(reached) == 2 else ""
    figures = [(bar_of(entry), _sentence(entry)) for entry in entries]
    # The pooled figures of a cross-validation have no bundle of their own; those of its folds do.
    first = entries[0].run.parts[0].models[kind]
    return ModelCard(kind, first.architecture, figures, gap)


def _sentence(entry: Entry) -> str:
    metrics = entry.metrics
    right = round(metrics["accuracy"] * metrics["crops"])
    folds = f", {len(entry.run.folds)} folds pooled" if entry.run.folds else ""
    alone = f" {metrics['alone']['sentence']}." if "alone" in metrics else ""
    return (
        f"Right for {right:,} of {metrics['crops']:,} {_MEANING[Protocol(metrics['protocol'])]}{folds}. "
        f"{largest_confusion(entry.predictions)}{alone}"
    )


def _rows(material: Material) -> list[tuple[str, list[Bar]]]:
    return [
        (str(kind), [bar_of(entry) for entry in _of(material, kind)]) for kind in material.kinds if _of(material, kind)
    ]


def _compared(run: RunResults) -> list[str]:
    """The difference between the models of one run, which were measured on the same crops."""
    entries = [Entry(run, model) for model in run.models.values() if model.metrics is not None]
    if len(entries) != 2:
        return []
    first, second = entries
    difference = paired(first, second)
    return [] if difference is None else [difference_sentence(first.title, second.title, difference, run.protocol)]


def paired(first: Entry, second: Entry) -> PairedDifference | None:
    """The difference on the crops that both were measured on, by name; None where there are none.

    Under `tiles`, whole tiles are drawn. Both must be of one protocol.
    """
    assert first.run.protocol is second.run.protocol, "numbers of two protocols compared"
    position = {name: i for i, name in enumerate(second.predictions.names)}
    shared = [(i, position[name]) for i, name in enumerate(first.predictions.names) if name in position]
    if not shared:
        return None
    here, there = (list(column) for column in zip(*shared, strict=True))
    names = [first.predictions.names[i] for i in here]
    tile = first.run.tiles(names) if first.run.protocol is Protocol.TILES else None
    return paired_difference(_right(first)[here], _right(second)[there], tile, seed=first.run.settings.seed)


def _right(entry: Entry) -> Any:
    """Which crops are right, (N,)."""
    return entry.predictions.probabilities.argmax(axis=1) == entry.predictions.labels


def difference_sentence(first: str, second: str, found: PairedDifference, protocol: Protocol) -> str:
    """A paired difference in plain words."""
    if found.difference == 0:
        size = f"{first} and {second} are right equally often"
    else:
        more = "more" if found.difference > 0 else "less"
        size = f"{second} is right {100 * abs(found.difference):.1f} points {more} often than {first}"
    drawn = "crops" if found.tiles is None else f"{found.tiles} tiles"
    if found.interval is None:
        spread = f"{drawn} are too few for an interval"
    else:
        low, high = (100 * end for end in found.interval)
        verdict = "clear" if found.clear else "not clear of zero"
        spread = f"95 % interval {low:+.1f} to {high:+.1f} points, {verdict}; paired bootstrap over {drawn}"
    return f"{size} ({spread}; {protocol} split, {found.crops:,} shared validation crops)."


def _unfinished(material: Material) -> list[str]:
    """What is not measured yet."""
    sentences = []
    for run in material.runs:
        missing = [str(kind) for kind, model in run.models.items() if model.metrics is None]
        if missing:
            where = f" of {run.name}" if run.name else ""
            sentences.append(f"{', '.join(missing)}{where}: not evaluated yet; go on with the run with --resume.")
    return sentences
