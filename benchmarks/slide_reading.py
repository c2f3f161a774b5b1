"""Crops a second and peak memory of cutting all nuclei out of a large synthetic slide, by kind of file.

    python benchmarks/slide_reading.py [--side 20000]

Writing and reading each have a process of their own, whose peak of resident memory is what the system says. Seconds
are of the processor, all threads together, so that what else runs on the machine counts little.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from nucleoscope.data.synthetic.slides import write_slide
from nucleoscope.slides.cut import walk_crops
from nucleoscope.slides.image import open_image

NAMES = ("slide.ome.tif", "slide.tif", "slide.svs")
RESOLUTIONS = (0.25, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--worker", nargs=2, metavar=("SLIDE", "MPP"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(Path(options.worker[0]), float(options.worker[1]), options.side)
        return
    print("| what | nuclei | CPU seconds | crops a CPU second | peak, MiB |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for name in NAMES:
            for mpp in (0.0, *RESOLUTIONS):  # 0 writes it
                worker = ["--side", str(options.side), "--worker", str(Path(temporary) / name), str(mpp)]
                subprocess.run([sys.executable, __file__, *worker], check=True)
            (Path(temporary) / name).unlink()


def work(path: Path, mpp: float, side: int) -> None:
    """Write a slide, or cut all its nuclei at this mpp, and say what it took."""
    positions = path.with_suffix(".npy")
    start = time.process_time()
    if not mpp:
        slide = write_slide(path, (side, side))
        np.save(positions, slide.centres)
        what, count = f"{path.name} written", len(slide.centres)
    else:
        centres = np.load(positions)
        with open_image(path) as image:
            what = f"{image.kind} cut at {mpp:g} um/pixel"
            count = sum(len(crops) for _, crops in walk_crops(image, centres, (100, 100), mpp))
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {what} | {count:,} | {seconds:.1f} | {count / seconds:,.0f} | {peak:.0f} |", flush=True)


if __name__ == "__main__":
    main()
