"""Fields of known nuclei: the dense engine against the crop engine, in seconds, memory and decisions.

    NUCLEOSCOPE_DATA=... python benchmarks/dense_field.py runs/bench/random-0 [--threads 2] [--counts 300,600,1500,3000]

RUN is the folder of a finished run. Its bundle of model2 is copied, and a dense engine is fitted to the copy; nothing
in the run is changed. Field and nuclei to time with are the real field with most nuclei; where more are asked for than
it has, places are used again, moved by up to 3 pixels. Both engines run in turn, the least of several times counts.
Memory is what the anonymous memory of the process (RssAnon) grows by, at its peak, in a process of its own. Agreement
is the share of nuclei that both engines put into the same class.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.data.splits import Protocol
from nucleoscope.data.splits.table import read_split
from nucleoscope.models.bundle import load_bundle
from nucleoscope.pipeline.dense import add_dense_engine, tile_fields
from nucleoscope.pipeline.linked_crops import link_crops
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.prediction.dense.storing import load_engine
from nucleoscope.prediction.fields import Field, predict_crops_of
from nucleoscope.runtime import use_threads

REPEATS = 5
MOVED = 3  # pixels, at most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with kaggle/ and fields/")
    parser.add_argument("--counts", default="300,600,1500,3000")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)  # a process of its own: bundle, engine, count
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real fields are needed: set NUCLEOSCOPE_DATA or give --data")
    use_threads(options.threads)
    data = Path(options.data)
    if options.memory:
        bundle, engine, count = options.memory
        print(grown(engines(Path(bundle))[engine], crowded(data, int(count))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        bundle = Path(temporary) / "model"
        shutil.copytree(options.run / "model2" / "model", bundle)
        agreement(options.run, data, bundle)
        speed(options, data, bundle)


def engines(folder: Path) -> dict[str, Callable[[Field], NDArray[np.float32]]]:
    """Both engines of a bundle, and the dense one without second looks."""
    bundle = load_bundle(folder)
    dense = load_engine(bundle)
    return {
        "crop": lambda field: predict_crops_of(bundle, field),
        "dense": dense.predict_logits,
        "glance": dense.glance,
    }


def speed(options: argparse.Namespace, data: Path, bundle: Path) -> None:
    found = engines(bundle)
    print(
        "\n| nuclei | crop, s | dense, s | crop, nuclei/s | dense, nuclei/s | ratio | ratio without second looks "
        "| second looks | crop, MiB | dense, MiB |\n|---|---|---|---|---|---|---|---|---|---|"
    )
    for count in map(int, options.counts.split(",")):
        field = crowded(data, count)
        seconds = least_seconds(found, field)
        changed = (found["glance"](field) != found["dense"](field)).any(axis=1).mean()
        memory = [
            subprocess.run(
                [sys.executable, __file__, options.run, "--data", data, "--memory", bundle, name, str(count)]
                + (["--threads", str(options.threads)] if options.threads else []),
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            for name in ("crop", "dense")
        ]
        print(
            f"| {count:,} | {seconds['crop']:.2f} | {seconds['dense']:.2f} | {count / seconds['crop']:,.0f} "
            f"| {count / seconds['dense']:,.0f} | {seconds['crop'] / seconds['dense']:.1f} "
            f"| {seconds['crop'] / seconds['glance']:.1f} | {changed:.1%} | {memory[0]} | {memory[1]} |",
            flush=True,
        )


def least_seconds(found: dict[str, Callable[[Field], NDArray[np.float32]]], field: Field) -> dict[str, float]:
    """The least of several times of each engine, in turn."""
    least = dict.fromkeys(found, float("inf"))
    for _ in range(REPEATS):
        for name, engine in found.items():
            started = time.perf_counter()
            engine(field)
            least[name] = min(least[name], time.perf_counter() - started)
    return least


def grown(engine: Callable[[Field], NDArray[np.float32]], field: Field) -> int:
    """MiB by which memory grows at most while an engine runs."""
    before, peak, finished = anonymous(), [0], threading.Event()

    def sample() -> None:
        while not finished.wait(0.005):
            peak[0] = max(peak[0], anonymous())

    sampler = threading.Thread(target=sample)
    sampler.start()
    engine(field)
    finished.set()
    sampler.join()
    return (peak[0] - before) // 1024


def anonymous() -> int:
    """KiB of anonymous memory of this process."""
    return int(Path("/proc/self/status").read_text().split("RssAnon:")[1].split()[0])


def real_fields(data: Path) -> list[tuple[Field, list[str]]]:
    """The real fields, and the name of each nucleus's crop."""
    found = []
    for table in sorted((data / "fields").glob("*.csv")):
        with table.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        with Image.open(table.with_suffix(".png")) as picture:
            image = np.asarray(picture.convert("RGB"))
        centres = np.array([(row["x"], row["y"]) for row in rows], np.float64)
        found.append((Field(image, centres), [row["name"] for row in rows]))
    return found


def crowded(data: Path, count: int) -> Field:
    """The real field with most nuclei, with so many."""
    field = max((field for field, _ in real_fields(data)), key=len)
    rng = np.random.default_rng(0)
    again = np.concatenate([rng.permutation(len(field)) for _ in range(-(-count // len(field)))])[:count]
    moved = rng.integers(-MOVED, MOVED + 1, (count, 2)) * (np.arange(count) >= len(field))[:, None]
    return Field(field.image, field.centres[again] + moved)


def agreement(run: Path, data: Path, bundle: Path) -> None:
    dataset = read_dataset(data / "kaggle", cache=run.parent / ".nucleoscope-cache")
    protocol = Protocol(json.loads((bundle / "config.json").read_text())["provenance"]["protocol"])
    split = read_split(run / "split.csv", dataset.crops.names, protocol)
    linked = link_crops(dataset, Silent())
    started = time.perf_counter()
    record = add_dense_engine(bundle, linked, split.train, protocol, Silent())
    print(f"Measured, then fitted to {record.fitted_nuclei:,} nuclei, in {time.perf_counter() - started:.0f} s.")
    print(
        f"\n| nuclei ({protocol} split) | number | agreement | without second looks "
        "| accuracy, crop | accuracy, dense |"
        "\n|---|---|---|---|---|---|"
    )
    print(
        f"| {record.measured_on}: these decide | {record.nuclei:,} | {record.agreement:.2%} "
        f"| {record.glance_agreement:.2%} | | |"
    )
    found, labels, part = engines(bundle), dataset.crops.targets(), split.part_of()
    position = {name: i for i, name in enumerate(dataset.crops.names)}
    fields = [(field, np.array([position[name] for name in names])) for field, names in real_fields(data)]
    crops = np.concatenate([of for _, of in fields])
    decided = decisions(found, [field for field, _ in fields])
    for name in ("fit", "select", "val"):
        chosen = part[crops] == name
        print(line(f"real fields, {name} part", decided[:, chosen], labels[crops[chosen]]))
    print(line("real fields, all", decided, labels[crops]))
    tiles = list(tile_fields(linked, split.val))
    decided = decisions(found, [field for field, _ in tiles])
    print(line("validation crops on their tiles", decided, labels[np.concatenate([of for _, of in tiles])]))


def decisions(found: dict[str, Callable[[Field], NDArray[np.float32]]], fields: list[Field]) -> NDArray[np.int64]:
    """Likeliest classes (3, N) by the crop engine, the dense engine, and the latter without second looks."""
    return np.stack([np.concatenate([found[name](field).argmax(axis=1) for field in fields]) for name in found])


def line(what: str, decided: NDArray[np.int64], labels: NDArray[np.int64]) -> str:
    crop, dense, glance = decided
    shares = (crop == dense, crop == glance, crop == labels, dense == labels)
    return f"| {what} | {len(labels):,} | " + " | ".join(f"{same.mean():.2%}" for same in shares) + " |"


if __name__ == "__main__":
    main()
