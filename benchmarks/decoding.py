"""PNG files per second: Pillow in one thread, ours the first time, and ours from the cache.

    NUCLEOSCOPE_DATA=... python benchmarks/decoding.py [--repeats 5]

All read the labelled crops straight from `kaggle/train.zip`, in turns; of each the fastest of the repeats counts, the
file being in the system's page cache. Pillow: each file opened, converted to RGB and made an array. Ours: what `run`
does with the same files, from the list of names in the zip on, to an array of all. From the cache: the whole of
`read_dataset`, with labels and test set, as `run` calls it. All pixels are compared.
"""

import argparse
import io
import os
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.reading import read_dataset
from nucleoscope.data.reading.decoding import decode
from nucleoscope.data.reading.plain_png import plain_decoder
from nucleoscope.data.reading.sources import open_source, pictures
from nucleoscope.runtime import cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    kaggle = Path(options.data) / "kaggle"
    packed = kaggle / "train.zip"
    names = names_inside(packed)
    np.testing.assert_array_equal(by_us(packed), by_pillow(packed, names))
    with tempfile.TemporaryDirectory() as cache:
        read_dataset(kaggle, cache=Path(cache))  # fills it
        ours = "ours, with Wuffs" if plain_decoder((100, 100)) else "ours, without Wuffs"
        ways: dict[str, Callable[[], Any]] = {
            "Pillow, 1 thread": lambda: by_pillow(packed, names),
            f"{ours}, {cores()} cores": lambda: by_us(packed),
            "from the cache, all of `read_dataset`": lambda: read_dataset(kaggle, cache=Path(cache)),
        }
        times = [[seconds(way) for way in ways.values()] for _ in range(options.repeats)]
    fastest = np.min(times, axis=0)  # (ways, 2)
    print("| way | seconds | CPU seconds | files/s | times as fast as Pillow |\n|---|---|---|---|---|")
    for name, (clock, busy) in zip(ways, fastest, strict=True):
        print(f"| {name} | {clock:.2f} | {busy:.2f} | {len(names) / clock:,.0f} | {fastest[0, 0] / clock:.1f} |")


def by_pillow(path: Path, names: list[str]) -> list[NDArray[np.uint8]]:
    with zipfile.ZipFile(path) as archive:
        return [np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB")) for name in names]


def by_us(path: Path) -> NDArray[np.uint8]:
    with open_source(path) as source:
        return decode(source, pictures(source)).images


def names_inside(path: Path) -> list[str]:
    """The names of the pictures, in our order."""
    with zipfile.ZipFile(path) as archive, open_source(path) as source:
        written = {name.replace("\\", "/"): name for name in archive.namelist()}
        return [written[file.name] for file in pictures(source)]


def seconds(way: Callable[[], Any]) -> tuple[float, float]:
    """Of the clock, and of all cores."""
    started, busy = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - started, time.process_time() - busy


if __name__ == "__main__":
    main()
