"""What one model is known to do badly, in sentences made from what its run measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nucleoscope.data.reading.wording import counted
from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.metrics import confusion
from nucleoscope.evaluation.remedies import worst_pair
from nucleoscope.prediction.table import Predictions

SURE = 0.9
"""Probability from which on a wrong answer counts as a sure one."""

_FEW = 30  # crops of a class, below which its recall says little
_OFF = 0.02  # by which claimed and reached accuracy may differ without a word


@dataclass(frozen=True)
class Found:
    """What a run found out about one model.

    Attributes:
        metrics: the content of `metrics.json`.
        predictions: of the validation crops.
        audit: the content of `audit.json`; None where there is none.
        nucleus: the content of `nucleus.json`; None before `explain`.
    """

    metrics: Mapping[str, Any]
    predictions: Predictions
    audit: Mapping[str, Any] | None
    nucleus: Mapping[str, Any] | None

    @property
    def measured_on(self) -> str:
        """Protocol and number of crops, as every figure is quoted with."""
        return f"{self.metrics['protocol']} split, {self.metrics['crops']:,} validation crops"


def known_failures(found: Found) -> list[str]:
    """Sentences, the gravest first; none is said that the run did not measure."""
    return [
        *_memory(found),
        weakest_class(found),
        largest_confusion(found.predictions),
        *_sure_errors(found),
        calibration_sentence(found),
        *_sets(found),
        *_nucleus(found),
        *_unmeasured(found),
    ]


def weakest_class(found: Found) -> str:
    """The class with the lowest recall."""
    occurring = {name: of for name, of in found.metrics["per_class"].items() if of["support"]}
    name = min(occurring, key=lambda each: float(occurring[each]["recall"]))
    of = occurring[name]
    interval = of["recall_ci95"]
    spread = f"95 % interval {interval[0]:.1%} to {interval[1]:.1%}" if interval else "on too few tiles for an interval"
    return (
        f"Lowest recall: {name}, {of['recall']:.1%} of {counted(of['support'], 'crop')} ({spread}; "
        f"{found.metrics['protocol']} split)."
    )


def largest_confusion(predictions: Predictions) -> str:
    """The largest share of a class that goes to one other class."""
    counts = confusion(predictions.labels, predictions.probabilities.argmax(axis=1), len(predictions.classes))
    pair = worst_pair(counts)
    if pair is None:
        return "No validation crop was taken for another class."
    true, taken = pair
    wrong, support = int(counts[true, taken]), int(counts[true].sum())
    return (
        f"Largest confusion: {wrong:,} of {counted(support, 'crop')} of {predictions.classes[true]} "
        f"({wrong / support:.1%}) {'is' if wrong == 1 else 'are'} taken for {predictions.classes[taken]}."
    )


def calibration_sentence(found: Found) -> str:
    """How far the probabilities are from what is right."""
    claimed, reached = float(found.predictions.probabilities.max(axis=1).mean()), float(found.metrics["accuracy"])
    gap = claimed - reached
    verdict = "too sure of itself" if gap > _OFF else "less sure than it could be" if gap < -_OFF else "about right"
    return (
        f"Calibration: its mean probability is {claimed:.1%} and {reached:.1%} are right: {verdict}; expected "
        f"calibration error {found.metrics['ece']:.1%} ({found.measured_on})."
    )


def _memory(found: Found) -> list[str]:
    if found.metrics["protocol"] != Protocol.RANDOM or found.audit is None:
        return []
    share = found.audit["leak"]["share"]
    if not share:
        return []
    return [
        f"Measured on pixels it knows: {share:.1%} of the validation crops share pixels with a training crop, so its "
        "accuracy measures memory as well as skill."
    ]


def _sure_errors(found: Found) -> list[str]:
    probabilities, labels = found.predictions.probabilities, found.predictions.labels
    wrong = probabilities.argmax(axis=1) != labels
    sure = int((wrong & (probabilities.max(axis=1) >= SURE)).sum())
    if not sure:
        return []
    return [
        f"Sure and wrong: {sure:,} of {counted(int(wrong.sum()), 'wrong crop')} {'was' if sure == 1 else 'were'} given "
        f"a probability of {SURE:.0%} or more; a high probability is no guarantee."
    ]


def _sets(found: Found) -> list[str]:
    sets = found.metrics.get("conformal")
    if sets is None or sets["coverage"] >= sets["wanted_coverage"]:
        return []
    return [
        f"Sets of possible classes: they hold the true class for {sets['coverage']:.1%} where "
        f"{sets['wanted_coverage']:.0%} was asked for ({found.measured_on})."
    ]


def _nucleus(found: Found) -> list[str]:
    if found.nucleus is None:
        return ["Whether it looks at the nucleus was not measured; `nucleoscope explain RUN` does."]
    return [found.nucleus["sentence"], found.nucleus["share_sentence"]]


def _unmeasured(found: Found) -> list[str]:
    sentences = []
    per_class = found.metrics["per_class"]
    missing = [name for name, of in per_class.items() if not of["support"]]
    few = [f"{name} ({of['support']})" for name, of in per_class.items() if 0 < of["support"] < _FEW]
    if missing:
        sentences.append(f"Not measured at all, for want of validation crops: {', '.join(missing)}.")
    if few:
        sentences.append(f"Measured on fewer than {_FEW} crops, so hardly known: {', '.join(few)}.")
    single = [] if found.audit is None else found.audit.get("single_tile_classes", [])
    if single:
        sentences.append(f"On one tile only, so that new tissue is not known: {', '.join(single)}.")
    return sentences
