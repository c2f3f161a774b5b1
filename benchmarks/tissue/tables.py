"""Tables of what was measured."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nucleoscope.files import write_csv
from tissue.context import Neighbours, with_neighbours, with_tile_shares
from tissue.experiments import EXPERIMENTS
from tissue.fitting import Fit
from tissue.material import Material
from tissue.pooled import Pooled, adjusted, ensemble, in_context, pool, tempered
from tissue.scores import Score, score, to_probabilities

CONTEXT_TEMPERATURE = 1.5  # by hand, before nuclei are multiplied with their neighbours


def screening_table(tasks: Sequence[Fit], material: Material) -> str:
    """A line an experiment: the mean of its fits, each on the crops of the two folds that it left out."""
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


def choice_table(tasks: Sequence[Fit], material: Material) -> str:
    """What each fold would choose: accuracy of every experiment on the folds that were left out together with it."""
    found: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for fit in tasks:
        with np.load(fit.file) as logits:
            held, right = logits["held"], logits["one"].argmax(axis=1) == material.labels[logits["held"]]
        for own, other in (fit.folds, fit.folds[::-1]):
            found[own][fit.experiment].append(float(right[material.fold[held] == other].mean()))
    lines = ["| fold | chooses | accuracy of each experiment on the folds left out with it |", "|---|---|---|"]
    for fold, by_name in sorted(found.items()):
        means = {name: float(np.mean(values)) for name, values in by_name.items()}
        each = ", ".join(f"{name} {value:.1%}" for name, value in means.items())
        lines.append(f"| {fold} | {max(means, key=lambda name: means[name])} | {each} |")
    return "\n".join(lines)


def context_table(tasks: Sequence[Fit], material: Material) -> str:
    """A line an experiment: mean accuracy of its fits when nuclei of a tile are looked at together, see `context`."""
    ways = {"alone": {}, "neighbours 100": {"reach": 100.0}, "neighbours 200": {"reach": 200.0}}
    ways |= {"shares half": {"strength": 0.5}, "shares full": {"strength": 1.0}}
    lines = ["| experiment | " + " | ".join(ways) + " |", "|---" * (len(ways) + 1) + "|"]
    for name in dict.fromkeys(task.experiment for task in tasks):
        fits = [task for task in tasks if task.experiment == name]
        means = [np.mean([accuracy_in_context(fit, material, **way) for fit in fits]) for way in ways.values()]
        lines.append(f"| {name} | " + " | ".join(f"{mean:.1%}" for mean in means) + " |")
    return "\n".join(lines)


def accuracy_in_context(
    fit: Fit, material: Material, reach: float | None = None, strength: float | None = None
) -> float:
    """Accuracy of one fit's left-out crops with their neighbours, or with the shares of their tile."""
    with np.load(fit.file) as found:
        held, probabilities = found["held"], to_probabilities(found["one"], CONTEXT_TEMPERATURE)
    tile = material.tile[held]
    if reach is not None:
        probabilities = with_neighbours(probabilities, tile, material.corner[held], Neighbours(reach))
    if strength is not None:
        learnt = material.labels[material.outside(fit.folds)]
        prior = np.bincount(learnt, minlength=len(material.classes)) / len(learnt)
        probabilities = with_tile_shares(probabilities, tile, prior, strength)
    return float((probabilities.argmax(axis=1) == material.labels[held]).mean())


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
    for (name, seed, kind), pooled in _measures(tasks, material):
        cells = score(material, pooled.held, to_probabilities(pooled.logits)).cells(material.classes)
        what = {"experiment": name, "seed": seed, "kind": kind, "protocol": "tiles"}
        rows[name, seed, kind] = what | cells | {"seconds": pooled.seconds}
    columns = list(next(iter(rows.values())))
    write_csv(path, columns, ([row[column] for column in columns] for row in rows.values()))
    return path.read_text()


def _measures(tasks: Sequence[Fit], material: Material) -> Iterable[tuple[tuple[str, str, str], Pooled]]:
    """Experiment, seed and kind of what can be told from these fits, and its crops."""
    by_name: dict[str, dict[int, list[Fit]]] = defaultdict(lambda: defaultdict(list))
    for task in tasks:
        by_name[task.experiment][task.seed].append(task)
    everything = []
    for name, by_seed in by_name.items():
        views = []
        for seed, fits in by_seed.items():
            yield (name, str(seed), "one view"), pool(fits, "one")
            if EXPERIMENTS[name].surroundings > 1:
                yield (name, str(seed), "crops alone, one view"), pool(fits, "alone")
            views.append(pool(fits, "views"))
            yield from _kinds(name, str(seed), views[-1], material)
        if len(views) > 1:
            yield from _kinds(name, "together", ensemble(views), material)
        everything += views
    if len(by_name) > 1:
        yield from _kinds(" + ".join(by_name), "together", ensemble(everything), material)


def _kinds(name: str, seed: str, pooled: Pooled, material: Material) -> Iterable[tuple[tuple[str, str, str], Pooled]]:
    """Eight views of each crop, with a temperature, adjusted to the shares of the classes, and with the neighbours."""
    yield (name, seed, "eight views"), pooled
    yield (name, seed, "tempered"), tempered(pooled, material)
    yield (name, seed, "adjusted"), adjusted(pooled, material)
    yield (name, seed, "in context"), in_context(pooled, material)


def _read(path: Path) -> dict[tuple[str, str, str], dict[str, object]]:
    with path.open(newline="") as stream:
        return {(row["experiment"], row["seed"], row["kind"]): dict(row) for row in csv.DictReader(stream)}
