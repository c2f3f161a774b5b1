"""The reference's search: model1, 10 configurations, ASHA, at most 10 epochs, as `nucleoscope run` does it.

    NUCLEOSCOPE_DATA=... python benchmarks/tuning.py --seeds 0 [--trials 10] [--epochs 10]

The notebook took 793 s for it on a GPU. Seconds are those of the whole stage, start of Ray and pictures included;
reading the crops is not in them. Accuracy is that on the select share, which chose the configuration: it is optimistic.
"""

import argparse
import csv
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from nucleoscope.cli.console import Console
from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.data.splits import Protocol, make_split
from nucleoscope.models.specification import Kind
from nucleoscope.models.weights import AUTO
from nucleoscope.pipeline.folder import ModelFolder
from nucleoscope.pipeline.prepare import Prepared
from nucleoscope.pipeline.select import select_settings
from nucleoscope.pipeline.settings import RunSettings

NOTEBOOK = 793.0  # seconds
HEADER = (
    "| seed | seconds | of the notebook's 793 s | trials | ran to the end | epochs in all "
    "| best select accuracy | protocol | select crops |"
)


def main() -> None:
    options = parse()
    rows = [row(options, int(seed)) for seed in options.seeds.split(",")]
    print("\n".join([HEADER, "|---" * HEADER.count(" | ") + "|---|", *rows]))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--model", default="model1")
    parser.add_argument("--trials", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--crops", type=int, help="take so many at random, for trying")
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    return options


def row(options: argparse.Namespace, seed: int) -> str:
    """One search and its line of the table."""
    prepared = prepare(options, seed)
    kind, console = Kind(options.model), Console()
    with tempfile.TemporaryDirectory() as temporary:
        folder = ModelFolder(Path(temporary) / kind)
        started = time.perf_counter()
        choice = select_settings(prepared, kind, folder, console)
        seconds = time.perf_counter() - started
        with folder.tuning_csv.open(newline="") as stream:
            trials = list(csv.DictReader(stream))
    ended = sum(trial["status"] == "finished" for trial in trials)
    same = (options.model, options.trials, options.epochs, options.crops) == (Kind.MODEL1, 10, 10, None)
    share = f"{seconds / NOTEBOOK:.0%}" if same else "not the same search"
    return (
        f"| {seed} | {seconds:.0f} | {share} | {len(trials)} | {ended} "
        f"| {sum(int(trial['epochs']) for trial in trials)} | {choice.select_accuracy:.1%} | {prepared.protocol} "
        f"| {choice.select_crops:,} |"
    )


def prepare(options: argparse.Namespace, seed: int) -> Prepared:
    """The real crops, split at random."""
    settings = RunSettings(
        split=Protocol.RANDOM, seed=seed, models=(options.model,), trials=options.trials, epochs=options.epochs
    )
    dataset = read_dataset(Path(options.data) / "kaggle")
    if options.crops:
        chosen = np.sort(np.random.default_rng(0).permutation(len(dataset.crops))[: options.crops])
        dataset = replace(dataset, crops=dataset.crops.subset(chosen))
    split = make_split(
        dataset.crops.targets(),
        Protocol.RANDOM,
        classes=dataset.crops.classes,
        val_fraction=settings.val_fraction,
        select_fraction=settings.select_fraction,
        seed=seed,
    )
    return Prepared(dataset, split, settings, AUTO)


if __name__ == "__main__":
    main()
