"""Seconds until a model first holds a wanted validation accuracy, of nucleoscope and its peers side by side.

    NUCLEOSCOPE_DATA=... python benchmarks/time_to_accuracy.py --out runs/time-to-accuracy.jsonl [--resume]
    python benchmarks/time_to_accuracy.py --table --plot docs/images/time_to_accuracy.png

Protocol `random`, 70/30, nucleoscope's split of the seed and the same pretrained mobilenet_v2 for all. Each fit runs
in a process of its own. Time runs from after its imports, and so includes reading the PNGs; what lies between the last
training step of an epoch and its validation accuracy is taken off, for all alike. A line an epoch goes to --out, and
--resume passes over fits that have ended.

The machine must do nothing else: beside one busy process, threads that spin while they wait, as those of the peers do,
may take ten times as long, and ours far less (benchmarks/spinning.py), which would flatter us. What other processes
took is measured during each fit, and the table says where it was too much. --same-waiting lets all wait alike.
Needs `pip install 'nucleoscope[bench,offline]'`.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

from accuracy_time.machine import watching_others
from accuracy_time.records import read_runs
from accuracy_time.table import NAMES, table
from accuracy_time.task import EnoughError, Stopwatch, Task, read_parts

ENVIRONMENT = dict(os.environ)  # before nucleoscope changes how OpenMP waits: peers run as they come
PEERS = {"fastai_tuning": "fastai", "plain_lightning": "lightning"}  # what they need besides our own libraries
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}  # as in nucleoscope/__init__.py
TARGETS = {"model1": 0.908, "model2": 0.978}


def main() -> None:
    options = parse()
    if options.one:
        run_one(Task(**json.loads(options.one)))
    elif options.table or options.plot:
        show(options)
    else:
        measure(options)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--out", type=Path, default=Path("runs/time-to-accuracy.jsonl"))
    parser.add_argument("--models", default="model1,model2")
    parser.add_argument("--procedures", default=",".join(NAMES))
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--targets", type=pairs, default=TARGETS, help="accuracies, such as model1=0.9,model2=0.97")
    parser.add_argument("--epochs", type=pairs, default={}, help="of procedures, such as ours=6,fastai_tuning=5")
    parser.add_argument("--limit-seconds", type=float, default=3600.0, help="of training, for each fit")
    parser.add_argument("--whole", action="store_true", help="go on after the target until the epochs are over")
    parser.add_argument("--same-waiting", action="store_true", help="peers wait for OpenMP as nucleoscope does")
    parser.add_argument("--crops", type=int, help="take so many at random, for trying")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--table", action="store_true", help="print the table of --out and measure nothing")
    parser.add_argument("--plot", type=Path, help="draw --out and measure nothing")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (options.table or options.plot or options.one) and options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    return options


def measure(options: argparse.Namespace) -> None:
    """All fits, seed by seed, so that the procedures of a seed run side by side."""
    check_procedures(options.procedures.split(","))
    if options.out.exists() and not options.resume:
        raise SystemExit(f"{options.out} exists; go on with --resume, or give another --out")
    ended = {key for key, run in read_runs(options.out).items() if run.ended} if options.out.exists() else set()
    from accuracy_time.prepare import prepare

    seeds = [int(seed) for seed in options.seeds.split(",")]
    folder = options.out.with_suffix(".crops")
    prepare(Path(options.data) / "kaggle", folder, seeds, options.crops)
    for model in options.models.split(","):
        for seed in seeds:
            for procedure in options.procedures.split(","):
                if (procedure, model, seed) not in ended:
                    fit_apart(task_of(options, procedure, model, seed, folder))


def check_procedures(procedures: list[str]) -> None:
    """Refuse one that is unknown or whose library is missing, before hours of the others."""
    for procedure in procedures:
        if procedure not in NAMES:
            raise SystemExit(f'unknown procedure "{procedure}"; expected some of {",".join(NAMES)}')
        peer = PEERS.get(procedure)
        if peer and importlib.util.find_spec(peer) is None:
            raise SystemExit(f"{procedure} needs {peer}: pip install 'nucleoscope[bench]', or name other --procedures")


def pairs(text: str) -> dict[str, float]:
    """A mapping from text such as a=1,b=2."""
    return {name: float(value) for name, value in (pair.split("=") for pair in text.split(","))}


def task_of(options: argparse.Namespace, procedure: str, model: str, seed: int, folder: Path) -> Task:
    return Task(
        procedure=procedure,
        model=model,
        seed=seed,
        target=options.targets[model],
        epochs=int(options.epochs[procedure]) if procedure in options.epochs else None,
        limit=options.limit_seconds,
        whole=options.whole,
        same_waiting=options.same_waiting,
        folder=str(folder),
        out=str(options.out),
    )


def fit_apart(task: Task) -> None:
    """One fit in a process of its own."""
    command = [sys.executable, __file__, "--one", task.to_json()]
    environment = ENVIRONMENT | (WAITING if task.same_waiting else {})
    with watching_others() as elsewhere:
        status = subprocess.run(command, env=environment, check=False).returncode
    if status:
        raise SystemExit(f"{task.procedure} of {task.model}, seed {task.seed}, failed: see above, go on with --resume")
    which = {"procedure": task.procedure, "model": task.model, "seed": task.seed}
    with Path(task.out).open("a") as stream:
        stream.write(f"{json.dumps(which | {'elsewhere': elsewhere[0]})}\n")


def run_one(task: Task) -> None:
    """One fit in this process, timed from after its imports."""
    procedure = importlib.import_module(f"accuracy_time.{task.procedure}")
    parts = read_parts(task)
    watch = Stopwatch(task, parts)
    try:
        procedure.run(task, parts, watch)
    except EnoughError as enough:
        watch.end(enough.reason)
    else:
        watch.end("epochs")


def show(options: argparse.Namespace) -> None:
    """The table and the picture of what was measured."""
    runs = read_runs(options.out)
    if options.table:
        print(table(runs))
    if options.plot:
        from accuracy_time.picture import draw

        draw(options.plot, runs)


if __name__ == "__main__":
    main()
