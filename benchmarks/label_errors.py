"""How many label errors that we made are found: real labels flipped at random, then reviewed.

    NUCLEOSCOPE_DATA=... python benchmarks/label_errors.py --flips 0.01,0.05,0.1 --seed 1 [--model model2] \
        [--epochs 3] [--folds 4] [--split random] [--rules prune_by_noise_rate,both] [--out runs/label-errors]

Each flip rate fits --folds models; what is done is kept in --out, so that a second call with other --rules is quick.
The real labels have errors of their own, which count as false alarms here: precision is a lower bound. Crops that are
suspected though we did not flip them are drawn on sheets in --out.
"""

import argparse
import dataclasses
import os
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from nucleoscope.cli.console import Console
from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.label_review import FILTER, QUALITY, find_suspects, label_quality
from nucleoscope.models.specification import Kind
from nucleoscope.models.weights import AUTO, resolve_source
from nucleoscope.pipeline.choice import Choice
from nucleoscope.pipeline.linked_crops import link_crops
from nucleoscope.pipeline.out_of_fold import Folding, out_of_fold_probabilities
from nucleoscope.pipeline.prepare import Prepared, read_crops, split_crops
from nucleoscope.pipeline.presets import training_defaults
from nucleoscope.pipeline.review import fits_record
from nucleoscope.pipeline.review_files import Review, write_review
from nucleoscope.pipeline.settings import RunSettings

HEADER = "| flips | folds | rule | suspected | precision | recall | quality | average precision | seed | crops |"


def main() -> None:
    options = parse()
    console = Console()
    settings = RunSettings(seed=options.seed, models=(options.model,), epochs=options.epochs, split=options.split)
    clean = prepare(Path(options.data) / "kaggle", options.out, settings, console)
    folding = Folding(Protocol(options.split), options.folds)
    rows = [
        row
        for share in options.flips.split(",")
        for row in review(clean, Kind(options.model), float(share), folding, options, console)
    ]
    print(f"{HEADER}\n{'|---' * HEADER.count(' | ')}|---|")
    print("\n".join(rows))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--out", type=Path, default=Path("runs/label-errors"))
    parser.add_argument("--flips", default="0.01,0.05,0.1", help="shares of labels to flip")
    parser.add_argument("--seed", type=int, default=1, help="of flips, folds and fits")
    parser.add_argument("--model", default="model2")
    parser.add_argument("--epochs", type=int, help="of each fit; those of --preset fast if not given")
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--split", default="random", help="random or tiles: the protocol of the folds")
    parser.add_argument("--rules", default=FILTER, help="how suspects are told, cleanlab's names")
    parser.add_argument("--qualities", default=QUALITY, help="what they are ranked by, cleanlab's names")
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    return options


def prepare(source: Path, out: Path, settings: RunSettings, console: Console) -> Prepared:
    """The crops as they are, with their tiles."""
    dataset = read_crops(source, None, settings, out / "cache", console)
    split = split_crops(dataset, link_crops(dataset, console).labelled, settings, console)
    weights = resolve_source(settings.backbone, settings.weights) if Kind.MODEL2 in settings.models else AUTO
    return Prepared(dataset, split, settings, weights)


def flip(clean: Prepared, share: float) -> tuple[Prepared, np.ndarray]:
    """The same crops with a share of the labels changed to another class, any alike; and which, (N,) bool."""
    random = np.random.default_rng(clean.settings.seed)
    labels = clean.dataset.crops.targets().copy()
    chosen = random.choice(len(labels), round(share * len(labels)), replace=False)
    classes = len(clean.classes)
    labels[chosen] = (labels[chosen] + random.integers(1, classes, len(chosen))) % classes
    crops = dataclasses.replace(clean.dataset.crops, labels=labels)
    flipped = np.zeros(len(labels), np.bool_)
    flipped[chosen] = True
    return dataclasses.replace(clean, dataset=dataclasses.replace(clean.dataset, crops=crops)), flipped


def review(
    clean: Prepared, kind: Kind, share: float, folding: Folding, options: argparse.Namespace, console: Console
) -> list[str]:
    """The lines of the table of one flip rate."""
    prepared, flipped = flip(clean, share)
    out = options.out / f"{kind}-{folding.protocol}-{folding.folds}-seed{options.seed}-flips{share:g}"
    training = training_defaults(kind, folding.protocol, clean.settings)
    choice = Choice(training, training.epochs, 0, 0.0, 1.0, 0.0, (0.0,) * len(clean.classes), 0.0)
    probabilities = out_of_fold_probabilities(prepared, kind, choice, folding, out / "folds", console)
    labels = prepared.dataset.crops.targets()
    false_alarms(
        out, prepared, kind, Review.of(folding, kind, fits_record(choice), probabilities, labels), flipped, console
    )
    lines = []
    for quality in options.qualities.split(","):
        ranking = average_precision_score(flipped, -label_quality(probabilities, labels, quality))
        for rule in options.rules.split(","):
            hits = flipped[find_suspects(probabilities, labels, rule).index]
            lines.append(
                f"| {share:.0%} ({flipped.sum()}) | {folding.protocol}, {folding.folds} | {rule} | {len(hits)} "
                f"| {hits.mean():.1%} | {hits.sum() / flipped.sum():.1%} | {quality} | {ranking:.3f} "
                f"| {options.seed} | {len(labels):,} |"
            )
    return lines


def false_alarms(
    out: Path, prepared: Prepared, kind: Kind, found: Review, flipped: np.ndarray, console: Console
) -> None:
    """Draw the suspects that we did not flip: they may be errors of the real labels."""
    unflipped = found.found.only(~flipped[found.found.index])
    write_review(out, prepared, kind, dataclasses.replace(found, found=unflipped, listed=unflipped), console)


if __name__ == "__main__":
    main()
