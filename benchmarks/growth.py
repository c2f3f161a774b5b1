"""How time and memory grow with the number of crops. Each size runs in a process of its own.

    python benchmarks/growth.py audit --crops 10000,50000,200000 [--tolerant]

The crops are cut from random fields of 1000x1000 pixels, shuffled, and written to a temporary file of 30 kB a
crop, from which they are memory-mapped (`--folder` for where).

Memory that a process needs is its anonymous memory, sampled from RssAnon in /proc/self/status 50 times a second.
The whole resident set (ru_maxrss) also counts pages of the file, which the system drops when others need room. CPU
seconds are those of this process; on a machine with other work its clock runs on meanwhile.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.distance import pdist

SIDE, FIELD, CROPS_PER_FIELD = 100, 1000, 200  # nine partners a crop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(required=True)
    audit = parts.add_parser("audit", help="the search for crops that share pixels")
    audit.add_argument("--crops", default="10000,50000,200000")
    audit.add_argument("--folder", type=Path, help="where to put the crops for the time of the run")
    audit.add_argument("--tolerant", action="store_true", help="to recompression, flips and quarter turns")
    audit.set_defaults(run=table)
    one = parts.add_parser("audit-one", help="one size, as JSON; the other part calls it")
    one.add_argument("file", type=Path)
    one.add_argument("--tolerant", action="store_true")
    one.set_defaults(run=lambda options: print(json.dumps(measured(options.file, options.tolerant))))
    options = parser.parse_args()
    options.run(options)


def table(options: argparse.Namespace) -> None:
    print(
        "| crops | true pairs | pairs | seconds | CPU seconds | CPU us a crop | memory, MiB | with mapped pages, MiB |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for count in map(int, options.crops.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
            file = Path(temporary) / "crops.npy"
            pairs = write_crops(file, count)
            command = [sys.executable, __file__, "audit-one", str(file), *["--tolerant"] * options.tolerant]
            m = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(
            f"| {count:,} | {pairs:,} | {m['pairs']:,} | {m['seconds']:.1f} | {m['cpu']:.1f} "
            f"| {m['cpu'] / count * 1e6:.0f} | {m['anonymous'] / 1024:,.0f} | {m['resident'] / 1024:,.0f} |",
            flush=True,
        )


def measured(file: Path, tolerant: bool) -> dict[str, float]:
    """Seconds and peak memory in KiB of one search."""
    from nucleoscope.data.overlap import Tolerance, find_overlaps

    tolerance = Tolerance(recompressed=tolerant, turned=tolerant)
    images = np.load(file, mmap_mode="r")
    peak, finished = [0], threading.Event()
    sampler = threading.Thread(target=sample, args=(peak, finished))
    sampler.start()
    started, busy = time.perf_counter(), time.process_time()
    overlaps = find_overlaps(images, tolerance=tolerance)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    finished.set()
    sampler.join()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"pairs": len(overlaps.pairs), "seconds": seconds, "cpu": cpu, "anonymous": peak[0], "resident": resident}


def sample(peak: list[int], finished: threading.Event) -> None:
    while not finished.wait(0.02):
        status = Path("/proc/self/status").read_text()
        peak[0] = max(peak[0], int(status.split("RssAnon:")[1].split()[0]))


def write_crops(file: Path, count: int, seed: int = 0) -> int:
    """Crops of random fields with the colours of tissue, in random order; the number of pairs that overlap."""
    rng = np.random.default_rng(seed)
    pairs = 0
    images = np.lib.format.open_memmap(file, "w+", np.uint8, (count, SIDE, SIDE, 3))
    order = rng.permutation(count)
    for start in range(0, count, CROPS_PER_FIELD):
        field = make_field(rng)
        corners = rng.integers(0, FIELD - SIDE + 1, (min(CROPS_PER_FIELD, count - start), 2))
        for position, (x, y) in zip(order[start : start + CROPS_PER_FIELD], corners, strict=True):
            images[position] = field[y : y + SIDE, x : x + SIDE]
        pairs += (pdist(corners, "chebyshev") < SIDE).sum()
    images.flush()
    return int(pairs)


def levels(rng: np.random.Generator, sigma: float) -> NDArray[np.uint8]:
    """Smooth noise in 64 levels."""
    noise = ndimage.gaussian_filter(rng.standard_normal((FIELD, FIELD), np.float32), sigma)
    return np.clip(32 + 12 * noise / noise.std(), 0, 63).astype(np.uint8)


def make_field(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A field whose two stains follow smooth noise, with a sensor's noise."""
    level = np.arange(64) / 63
    light = 2.0 * level[:, None, None] * (0.62, 0.70, 0.33) + 0.8 * level[:, None] * (0.20, 0.89, 0.38)
    colours = (240 * np.exp(-light)).astype(np.uint8)  # (64, 64, 3)
    return colours[levels(rng, 1.5), levels(rng, 4)] + rng.integers(0, 8, (FIELD, FIELD, 3), dtype=np.uint8)


if __name__ == "__main__":
    main()
