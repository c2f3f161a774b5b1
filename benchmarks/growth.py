"""How time and memory grow with the number of crops. Each size runs in a process of its own, with one thread.

    python benchmarks/growth.py audit --crops 10000,50000,200000 [--tolerant]
    python benchmarks/growth.py audit --crops 1000,10000,100000,1000000 --size 32
    python benchmarks/growth.py train --crops 1000,10000,100000,1000000 --size 32 --width 8
    python benchmarks/growth.py predict --crops 1000,10000,100000,1000000 --size 32 --width 8 [--model model2]

The crops are written to a temporary file, from which they are memory-mapped (`--folder` for where): 30 kB a crop of
100x100 pixels, 3 kB of 32x32. Those of the audit are cut from random fields ten times as wide and shuffled. Those
of the other parts are noise, since what is in them costs nothing more or less; growth is what these show, so that
small crops and a narrow model1 will do. `train` is one epoch over all crops in shuffled order, which of a file larger
than memory are reads all over the disk; `predict` goes from crops to the written table.

Memory that a process needs is its anonymous memory, sampled from RssAnon in /proc/self/status 50 times a second:
all that it ever held, so with what the interpreter and torch take themselves (`at start`). The whole resident set
(ru_maxrss) also counts pages of the file, which the system drops when others need room. CPU seconds are those of this
process; on a machine with other work its clock runs on meanwhile.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist

SIDE, CROPS_PER_FIELD = 100, 200
FIELD = 10  # sides of a crop: nine partners each
CLASSES = 4


Work = Callable[[], float]
"""What is measured; its result goes into the table of the audit."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=WORK)
    parser.add_argument("--crops", default="10000,50000,200000")
    parser.add_argument("--folder", type=Path, help="where to put the crops for the time of the run")
    parser.add_argument("--tolerant", action="store_true", help="audit: to recompression, flips and quarter turns")
    parser.add_argument("--size", type=int, default=SIDE, help="side of a crop in pixels")
    parser.add_argument("--model", choices=("model1", "model2"), default="model1", help="train, predict")
    parser.add_argument("--width", type=int, default=32, help="train, predict: channels of the first layer of model1")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)  # one size, as JSON: the table calls it
    options = parser.parse_args()
    if options.file:
        print(json.dumps(measured(WORK[options.part](options))))
    else:
        table(options)


def table(options: argparse.Namespace) -> None:
    audit = options.part == "audit"
    found = "true pairs | pairs | " if audit else ""
    header = (
        f"| crops | {found}seconds | CPU seconds | CPU us a crop | memory, MiB | at start | with mapped pages, MiB |"
    )
    print(f"{header}\n{'|---' * (header.count('|') - 1)}|")
    for count in map(int, options.crops.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
            file = Path(temporary) / "crops.npy"
            pairs = write_crops(file, count, options.size) if audit else write_noise(file, count, options.size)
            command = [sys.executable, __file__, *sys.argv[1:], "--file", str(file)]
            m = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        found = f"{pairs:,} | {m['found']:,.0f} | " if audit else ""
        memory = " | ".join(f"{m[kind] / 1024:,.0f}" for kind in ("anonymous", "start", "resident"))
        print(
            f"| {count:,} | {found}{m['seconds']:.1f} | {m['cpu']:.1f} | {m['cpu'] / count * 1e6:.0f} | {memory} |",
            flush=True,
        )


def measured(work: Work) -> dict[str, float]:
    """Seconds and peak memory in KiB of one piece of work."""
    peak, finished = [anonymous()], threading.Event()
    start = peak[0]
    sampler = threading.Thread(target=sample, args=(peak, finished))
    sampler.start()
    try:
        started, busy = time.perf_counter(), time.process_time()
        found = work()
        seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    finally:
        finished.set()
        sampler.join()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {"seconds": seconds, "cpu": cpu, "anonymous": peak[0], "start": start, "resident": resident}
    return {"found": found, **figures}


def audit_work(options: argparse.Namespace) -> Work:
    from nucleoscope.data.overlap import Tolerance, find_overlaps

    tolerance = Tolerance(recompressed=options.tolerant, turned=options.tolerant)
    images = np.load(options.file, mmap_mode="r")
    return lambda: len(find_overlaps(images, tolerance=tolerance).pairs)


def train_work(options: argparse.Namespace) -> Work:
    """An epoch over all crops; measured on a thousand."""
    from nucleoscope import runtime
    from nucleoscope.config import Training
    from nucleoscope.training.examples import Examples
    from nucleoscope.training.fit import fit

    images, model, device = crops_and_model(options)
    labels = np.random.default_rng(0).integers(0, CLASSES, len(images))
    everything = Examples(images, labels, np.arange(len(images)), CLASSES)
    some = Examples(images, labels, np.arange(min(1000, len(images))), CLASSES)
    runtime.use_threads(1)
    return lambda: fit(model, everything, some, Training(epochs=1), seed=0, device=device)[-1].train_loss


def predict_work(options: argparse.Namespace) -> Work:
    """From crops to `predictions.csv`."""
    from nucleoscope import runtime
    from nucleoscope.prediction.logits import predict_logits
    from nucleoscope.prediction.probabilities import tempered
    from nucleoscope.prediction.table import write_predictions

    images, model, device = crops_and_model(options)
    names = tuple(f"{number}.png" for number in range(len(images)))
    runtime.use_threads(1)

    def work() -> float:
        probabilities = tempered(predict_logits(model, images, device=device).numpy(), 1.0)
        write_predictions(options.file.with_suffix(".csv"), names, tuple("abcd"), probabilities)
        return float(len(probabilities))

    return work


def crops_and_model(options: argparse.Namespace) -> tuple[NDArray[np.uint8], Any, Any]:
    import torch

    from nucleoscope.models.specification import Kind, Specification

    specification = Specification(Kind(options.model), CLASSES, (options.size, options.size), options.width)
    device = torch.device("cpu")
    model = specification.build(None)[0].to(device=device, memory_format=torch.channels_last)
    return np.load(options.file, mmap_mode="r"), model, device


WORK: dict[str, Callable[[argparse.Namespace], Work]] = {
    "audit": audit_work,
    "train": train_work,
    "predict": predict_work,
}


def sample(peak: list[int], finished: threading.Event) -> None:
    while not finished.wait(0.02):
        peak[0] = max(peak[0], anonymous())


def anonymous() -> int:
    """KiB of memory that this process holds and no file backs."""
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0])


def write_noise(file: Path, count: int, side: int, seed: int = 0) -> int:
    """Crops of noise, the same ones over and over; none overlap."""
    rng = np.random.default_rng(seed)
    some = rng.integers(0, 256, (min(count, 1000), side, side, 3), dtype=np.uint8)
    images = np.lib.format.open_memmap(file, "w+", np.uint8, (count, side, side, 3))
    for start in range(0, count, len(some)):
        images[start : start + len(some)] = some[: count - start]
    images.flush()
    return 0


def write_crops(file: Path, count: int, side: int = SIDE, seed: int = 0) -> int:
    """Crops of random fields with the colours of tissue, in random order; the number of pairs that overlap."""
    rng = np.random.default_rng(seed)
    pairs = 0
    images = np.lib.format.open_memmap(file, "w+", np.uint8, (count, side, side, 3))
    order = rng.permutation(count)
    for start in range(0, count, CROPS_PER_FIELD):
        field = make_field(rng, FIELD * side)
        corners = rng.integers(0, len(field) - side + 1, (min(CROPS_PER_FIELD, count - start), 2))
        for position, (x, y) in zip(order[start : start + CROPS_PER_FIELD], corners, strict=True):
            images[position] = field[y : y + side, x : x + side]
        pairs += (pdist(corners, "chebyshev") < side).sum()
    images.flush()
    return int(pairs)


def levels(rng: np.random.Generator, extent: int, sigma: float) -> NDArray[np.uint8]:
    """Smooth noise in 64 levels, (extent, extent)."""
    noise = ndimage.gaussian_filter(rng.standard_normal((extent, extent), np.float32), sigma)
    return np.clip(32 + 12 * noise / noise.std(), 0, 63).astype(np.uint8)


def make_field(rng: np.random.Generator, extent: int) -> NDArray[np.uint8]:
    """A field whose two stains follow smooth noise, with a sensor's noise."""
    level = np.arange(64) / 63
    light = 2.0 * level[:, None, None] * (0.62, 0.70, 0.33) + 0.8 * level[:, None] * (0.20, 0.89, 0.38)
    colours = (240 * np.exp(-light)).astype(np.uint8)  # (64, 64, 3)
    return colours[levels(rng, extent, 1.5), levels(rng, extent, 4)] + rng.integers(
        0, 8, (extent, extent, 3), dtype=np.uint8
    )


if __name__ == "__main__":
    main()
