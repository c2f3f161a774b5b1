"""Accuracy on tissue that the model has never seen: experiments, five folds by tile, several seeds.

    NUCLEOSCOPE_DATA=... python benchmarks/new_tissue.py screen base grey swap --out runs/new-tissue
    NUCLEOSCOPE_DATA=... python benchmarks/new_tissue.py measure base swap --seeds 1,2,3 --out runs/new-tissue

`screen` leaves out two folds at once and looks at both: a choice for fold k may only use the fits that left out k and
another fold, as measured on the other. `measure` leaves out one fold at a time and looks at it: once for each
experiment that was chosen; the errors that all of them together leave are sorted and drawn. Fits that are done are
kept; stopped at any moment, the same command goes on.
"""

import argparse
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from nucleoscope.runtime import cores
from tissue.errors import draw_errors, errors_table, sort_errors
from tissue.experiments import EXPERIMENTS
from tissue.fitting import Fit, run_fit
from tissue.material import FOLDS, read_material
from tissue.pooled import ensemble, pool
from tissue.tables import choice_table, context_table, screening_table, write_measures

PAIRS = tuple((fold, (fold + 1) % FOLDS) for fold in range(FOLDS))


def main() -> None:
    options = parse()
    material = read_material(options.data, options.out)  # before the processes, so that one alone fills the cache
    if options.what == "screen":
        tasks = [
            Fit(
                name,
                tuple(sorted(pair)),
                options.seeds[0],
                options.epochs,
                options.side,
                options.cap,
                options.data,
                options.out,
            )
            for name in options.experiments
            for pair in (PAIRS[number] for number in options.pairs)
        ]
        run_all(tasks, options.jobs)
        for table in (screening_table, choice_table, context_table):
            print(f"{table(tasks, material)}\n")
    else:
        tasks = [
            fit(name, (fold,), seed, options)
            for name in options.experiments
            for seed in options.seeds
            for fold in range(FOLDS)
        ]
        run_all(tasks, options.jobs)
        print(write_measures(tasks, material, options.out / "measures.csv"))
        of_fit = [fits_of(tasks, name, seed) for name in options.experiments for seed in options.seeds]
        errors = sort_errors(ensemble([pool(fits, "views") for fits in of_fit]), material)
        print(f"\nThe errors of all of these together:\n\n{errors_table(errors, material)}")
        draw_errors(options.out / "errors.png", errors, material)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("screen", "measure"))
    parser.add_argument(
        "experiments", nargs="+", choices=EXPERIMENTS, metavar="EXPERIMENT", help=", ".join(EXPERIMENTS)
    )
    parser.add_argument("--data", type=Path, default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with kaggle/")
    parser.add_argument("--out", type=Path, default=Path("runs/new-tissue"))
    parser.add_argument("--seeds", type=numbers, default=[1, 2, 3])
    parser.add_argument("--pairs", type=numbers, default=[*range(FOLDS)], help="of folds that are left out, from 0")
    parser.add_argument("--epochs", type=int, help="of each fit, instead of its own number")
    parser.add_argument("--side", type=int, help="let the network see so many pixels of a side, for speed")
    parser.add_argument("--jobs", type=int, default=cores(), help="fits side by side, one thread each")
    parser.add_argument("--cap", type=int, help="train on so many crops of a class of a tile at most, for speed")
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    options.data, options.out = Path(options.data), options.out.resolve()
    return options


def fits_of(tasks: list[Fit], name: str, seed: int) -> list[Fit]:
    return [task for task in tasks if (task.experiment, task.seed) == (name, seed)]


def fit(name: str, folds: tuple[int, ...], seed: int, options: argparse.Namespace) -> Fit:
    return Fit(name, folds, seed, options.epochs, options.side, options.cap, options.data, options.out)


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def run_all(tasks: list[Fit], jobs: int) -> None:
    """Run what is not done yet, some at a time."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(run_fit, tasks))


if __name__ == "__main__":
    main()
