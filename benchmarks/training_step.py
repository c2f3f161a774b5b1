"""Milliseconds of a training step, beside what the cores can do, and what the time goes into.

    python benchmarks/training_step.py [--turns 3] [--profile]

Steps are those of `nucleoscope.training.fit` on pictures of noise, with the default settings of the split `random`.
Each row is measured in processes of its own that take turns; the median of the steps of the best turn counts. Three
forward passes' worth of FLOPs count for a crop, also where layers are frozen. Nothing else should run.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from nucleoscope import runtime
from nucleoscope.data.splits import Protocol
from nucleoscope.models.classifier import NucleusClassifier
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline.presets import SURROUND, training_defaults
from nucleoscope.pipeline.settings import RunSettings
from nucleoscope.training import fit as fitting
from nucleoscope.training.examples import Examples

SIZE = (100, 100)
STEPS, FIRST = 60, 15  # of a turn, and how many of them warm up
SIDE = 4096  # of the matrices whose product is the roof
# Model, share of the layers that are frozen, whether freed memory is kept.
ROWS = [
    ("model1", 0.0, False),
    ("model1", 0.0, True),
    ("model2", 0.0, False),
    ("model2", 0.0, True),
    ("model2", 0.12, True),
    ("model2", 0.17, True),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="print where a step of model2 spends its time instead")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(*ROWS[options.one])))
    elif options.profile:
        print_profile()
    else:
        turns = [[ask(row) for row in range(len(ROWS))] for _ in range(options.turns)]
        best = [min(found, key=lambda one: one["milliseconds"]) for found in zip(*turns, strict=True)]
        print_table(best, max(one["roof"] for turn in turns for one in turn))


def ask(row: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", str(row)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def measure(kind: str, frozen: float, kept: bool) -> dict[str, float]:
    """Milliseconds of a step, crops of a step, GFLOP of a crop's forward pass, and GFLOP/s of a matrix product."""
    runtime.use_threads()
    if not kept:
        fitting.keep_freed_memory = lambda: None
    batch, times = run_steps(kind, frozen)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        new_model(kind).eval()(torch.zeros(1, 3, *SIZE))
    steps = np.diff(times)[FIRST:].tolist()
    return {
        "milliseconds": 1e3 * median(steps),
        "batch": batch,
        "gigaflop": counter.get_total_flops() / 1e9,
        "roof": roof(),
    }


def new_model(kind: str) -> NucleusClassifier:
    """With random weights, which changes nothing about speed."""
    specification = Specification(Kind(kind), 4, SIZE, backbone="mobilenet_v2", surround=SURROUND[Kind(kind)])
    return specification.build(None)[0]


def run_steps(kind: str, frozen: float, steps: int = STEPS) -> tuple[int, list[float]]:
    """Train for some steps; crops of a step, and when each ended."""
    settings = replace(training_defaults(Kind(kind), Protocol.RANDOM, RunSettings()), epochs=1, frozen=frozen)
    count = steps * settings.batch_size
    random = np.random.default_rng(0)
    images, labels = random.integers(256, size=(count, *SIZE, 3), dtype=np.uint8), random.integers(4, size=count)
    times: list[float] = []
    fitting.fit(
        new_model(kind),
        Examples(images, labels, np.arange(count), 4),
        Examples(images, labels, np.arange(2), 4),
        settings,
        seed=0,
        device=torch.device("cpu"),
        watch=fitting.Watch(on_step=lambda _: times.append(time.perf_counter())),
    )
    return settings.batch_size, times


def roof() -> float:
    """GFLOP/s of a large matrix product in the number type of training."""
    kind = torch.bfloat16 if runtime.computes_bfloat16(torch.device("cpu")) else torch.float32
    left, right = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    seconds = []
    for _ in range(8):
        started = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - started)
    return 2 * SIDE**3 / 1e9 / min(seconds)


def print_table(found: list[dict[str, float]], roofline: float) -> None:
    print(f"{runtime.cores()} cores; a matrix product of {SIDE}x{SIDE} reaches {roofline:,.0f} GFLOP/s\n")
    print("| model | layers frozen | freed memory | batch | ms a step | crops/s | GFLOP/s | of the roofline |")
    print("|---|---|---|---|---|---|---|---|")
    for (kind, frozen, kept), one in zip(ROWS, found, strict=True):
        speed = 1e3 * one["batch"] / one["milliseconds"]
        flops = 3 * one["gigaflop"] * speed
        print(
            f"| {kind} | {frozen:.0%} | {'kept' if kept else 'given back'} | {one['batch']} "
            f"| {one['milliseconds']:.0f} | {speed:,.0f} | {flops:,.0f} | {flops / roofline:.0%} |"
        )


def print_profile() -> None:
    """The operations of model2's steps that take the most time themselves."""
    runtime.use_threads()
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiler:
        run_steps("model2", 0.0, steps=10)
    print(profiler.key_averages(group_by_input_shape=True).table(sort_by="self_cpu_time_total", row_limit=25))


if __name__ == "__main__":
    main()
