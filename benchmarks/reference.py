"""The reference task on the real crops: runs per protocol and seed, and the table for docs/benchmarks.md.

    NUCLEOSCOPE_DATA=... python benchmarks/reference.py --out runs/bench --splits random,tiles --seeds 0,1,2 \
        [further options of `nucleoscope run`]

A run that was stopped goes on; one that is complete is only read.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

MODELS = ("model1", "model2")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--out", type=Path, default=Path("runs/bench"))
    parser.add_argument("--splits", default="random,tiles")
    parser.add_argument("--seeds", default="0,1,2")
    options, passed_on = parser.parse_known_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    rows = []
    for split in options.splits.split(","):
        for seed in options.seeds.split(","):
            folder = options.out / f"{split}-{seed}"
            run(Path(options.data) / "kaggle", folder, split, seed, passed_on)
            rows += [row(folder, split, seed, model) for model in MODELS]
    print("| protocol | seed | model | accuracy | 95 % interval | balanced | macro F1 | ECE | crops | minutes |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    print("\n".join(rows))


def run(data: Path, folder: Path, split: str, seed: str, passed_on: list[str]) -> None:
    """Run or go on with one run, in a process of its own, as a user would."""
    command = [sys.executable, "-m", "nucleoscope", "run", str(data), "--out", str(folder), "--resume"]
    subprocess.run([*command, "--split", split, "--seed", seed, "--mpp", "0.25", *passed_on], check=True)


def row(folder: Path, split: str, seed: str, model: str) -> str:
    """One line of the table."""
    m = json.loads((folder / model / "metrics.json").read_text())
    stages = json.loads((folder / "run.json").read_text())["stages"]
    minutes = sum(seconds for stage, seconds in stages.items() if stage.startswith(model)) / 60
    interval = m["accuracy_ci95"]
    spread = f"{interval[0]:.1%} to {interval[1]:.1%}" if interval else "too few tiles"
    return (
        f"| {split} | {seed} | {model} | {m['accuracy']:.2%} | {spread} | {m['balanced_accuracy']:.1%} "
        f"| {m['macro_f1']:.3f} | {m['ece']:.3f} | {m['crops']:,} | {minutes:.1f} |"
    )


if __name__ == "__main__":
    main()
