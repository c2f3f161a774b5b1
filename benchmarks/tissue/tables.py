"""Tables of what was measured."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nucleoscope.files import write_csv
from tissue.fitting import Fit
from tissue.material import Material
from tissue.scores import Score, score, to_probabilities

KINDS = ("one", "views")
"""One view of each crop, and all eight."""


def screening_table(tasks: Sequence[Fit], material: Material) -> str:
    """A line an experiment: mean accuracy on each fold over the pairs that left it out, and over the pairs' crops."""
    header = "| experiment | epochs | fits | accuracy | " + " | ".join(material.classes) + " | coarse |"
    lines = [header, "|---" * header.count(" | ") + "|---|"]
    by_name: dict[str, list[Fit]] = defaultdict(list)
    for task in tasks:
        by_name[task.experiment].append(task)
    for name, fits in by_name.items():
        one = _mean(measure(fit, material, "one") for fit in fits)
        recalls = " | ".join(f"{value:.1%}" for value in one.recall)
        lines.append(
            f"| {name} | {fits[0].epochs} | {len(fits)} | {one.accuracy:.2%} | {recalls} | {one.coarse or 0:.2%} |"
        )
    return "\n".join(lines)


def measure(fit: Fit, material: Material, kind: str) -> Score:
    """The crops that one fit left out."""
    with np.load(fit.file) as found:
        return score(material, found["held"], to_probabilities(found[kind]))


def _mean(scores: Iterable[Score]) -> Score:
    found = list(scores)
    return Score(
        crops=sum(one.crops for one in found),
        accuracy=float(np.mean([one.accuracy for one in found])),
        macro_f1=float(np.mean([one.macro_f1 for one in found])),
        recall=tuple(np.mean([one.recall for one in found], axis=0).tolist()),
        coarse=None if found[0].coarse is None else float(np.mean([one.coarse or 0.0 for one in found])),
        worst_fold=None,
        ece=float(np.mean([one.ece for one in found])),
    )


def write_measures(tasks: Sequence[Fit], material: Material, path: Path) -> str:
    """Pool the folds of each experiment and seed; write a row each, beside the rows of other commands; a table."""
    rows = _read(path) if path.exists() else {}
    pooled: dict[tuple[str, int], list[Fit]] = defaultdict(list)
    for task in tasks:
        pooled[task.experiment, task.seed].append(task)
    for (name, seed), fits in pooled.items():
        for kind in KINDS:
            held, probabilities, seconds = pool(fits, kind)
            cells = score(material, held, probabilities).cells(material.classes)
            rows[name, str(seed), kind] = {
                "experiment": name,
                "seed": seed,
                "kind": kind,
                "protocol": "tiles",
                **cells,
                "seconds": seconds,
            }
    columns = list(next(iter(rows.values())))
    write_csv(path, columns, ([row[column] for column in columns] for row in rows.values()))
    return path.read_text()


def pool(fits: Sequence[Fit], kind: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Held-out positions (M,), their probabilities (M, C), and seconds of all fits."""
    held, probabilities, seconds = [], [], 0.0
    for fit in fits:
        with np.load(fit.file) as found:
            held.append(found["held"])
            probabilities.append(to_probabilities(found[kind]))
            seconds += float(found["seconds"])
    return np.concatenate(held), np.concatenate(probabilities), round(seconds)


def _read(path: Path) -> dict[tuple[str, str, str], dict[str, object]]:
    with path.open(newline="") as stream:
        return {(row["experiment"], row["seed"], row["kind"]): dict(row) for row in csv.DictReader(stream)}
