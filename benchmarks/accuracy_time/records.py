"""Records of the procedures -> runs, and what they took to the target."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass
class Run:
    """One procedure, model and seed.

    Attributes:
        facts: what its lines have in common.
        epochs: its lines with an accuracy.
        ended: "target", "limit" or "epochs"; None if it was stopped in between.
        spent: seconds of training, without validation, until it ended.
        elsewhere: cores that other processes of the machine took meanwhile; NaN if it was not measured.
    """

    facts: dict[str, object]
    epochs: list[dict[str, float]] = field(default_factory=list)
    ended: str | None = None
    spent: float = 0.0
    elsewhere: float = math.nan

    @property
    def reached(self) -> dict[str, float] | None:
        """The first epoch after which the accuracy is the target or more."""
        return next((epoch for epoch in self.epochs if epoch["accuracy"] >= self.facts["target"]), None)

    @property
    def best(self) -> float:
        """The highest accuracy that was seen."""
        return max((epoch["accuracy"] for epoch in self.epochs), default=math.nan)

    def seconds(self, which: str = "training_seconds") -> float:
        """To the target; infinite if it was not reached."""
        return self.reached[which] if self.reached else math.inf

    @property
    def at_least(self) -> float:
        """Seconds to the target, or those that were spent in vain."""
        return self.seconds() if self.reached else self.spent


FACTS = ("target", "protocol", "crops", "validation_crops", "same_waiting", "cores")

Key = tuple[str, str, int]
"""Procedure, model, seed."""


def read_runs(path: Path) -> dict[Key, Run]:
    """The last run of each procedure, model and seed; one that was stopped in between has not ended."""
    runs: dict[Key, Run] = {}
    for text in path.read_text().splitlines():
        line = json.loads(text)
        key = (line["procedure"], line["model"], line["seed"])
        if "elsewhere" in line:
            runs[key].elsewhere = line["elsewhere"]
            continue
        first = line.get("epoch", 0) == 1
        if first or key not in runs or runs[key].ended:
            runs[key] = Run({name: line[name] for name in FACTS})
        if "ended" in line:
            runs[key].ended, runs[key].spent = line["ended"], line["training_seconds"]
        else:
            runs[key].epochs.append(line)
    return runs


def facts_of(runs: Iterable[Run]) -> dict[str, object]:
    """What all runs of a table have in common.

    Raises:
        SystemExit: they differ.
    """
    first, *others = [run.facts for run in runs]
    for facts in others:
        if facts != first:
            name = next(name for name in first if facts[name] != first[name])
            raise SystemExit(
                f"the records have {name} {first[name]} and {facts[name]}; a table needs one: begin another --out"
            )
    return first


def middle(runs: list[Run]) -> Run:
    """The run with the median time to the target; of an even number, the slower one of the two in the middle."""
    return sorted(runs, key=lambda run: (run.seconds(), run.at_least))[len(runs) // 2]


def median_bound(runs: list[Run]) -> tuple[float, bool]:
    """The median of the seconds to the target, and whether it is only a lower bound of it."""
    return median(run.at_least for run in runs), math.isinf(median(run.seconds() for run in runs))
