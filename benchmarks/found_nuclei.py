"""Found nuclei and their classes on real fields: detection and classification together.

    NUCLEOSCOPE_DATA=... python benchmarks/found_nuclei.py BUNDLE [BUNDLE ...] --split RUN/split.csv [--detector FOLDER]

Fields of fields/ most of whose nuclei are in the part `val` of the split are classified without being told where nuclei
are; nuclei in other parts (of small tiles of the same field) are not counted. A found and a known nucleus match within
12 pixels (3 um), one to one. Only some nuclei of these fields are known: what is found beyond them counts against
precision, so that each F1 is the least that it can be. Of several bundles the mean probability counts.
"""

import argparse
import csv
import json
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.pipeline.classify import Options, classify_image
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.runtime import use_threads
from nucleoscope.slides.detection import load_detector
from nucleoscope.slides.detection.scoring import match_centres
from nucleoscope.slides.jobs import Job

MPP, RADIUS = 0.25, 12.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--split", type=Path, required=True, help="split.csv of the bundles' run")
    parser.add_argument("--detector", type=Path, help="a trained one; stain separation if not given")
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with fields/")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real fields are needed: set NUCLEOSCOPE_DATA or give --data")
    use_threads(options.threads)
    detector = load_detector(options.detector) if options.detector else None
    bundles, lines = [load_bundle(path) for path in options.bundles], read_split_lines(options.split)
    known, found, seconds = [], [], 0.0
    for table in sorted((Path(options.data) / "fields").glob("*.csv")):
        rows = read_rows(table)
        unseen = [row for row in rows if lines[row["name"]][0] == "val"]
        if len(unseen) < len(rows) / 2:
            continue
        started = time.perf_counter()
        found.append(
            classified(table.with_suffix(".png"), bundles, Options(MPP, formats=("geojson",), detector=detector))
        )
        seconds += time.perf_counter() - started
        known.append(known_nuclei(unseen, bundles[0].config.classes))
    report(known, found, bundles[0].config.classes)
    count = sum(len(classes) for _, classes in found)
    print(f"\n{len(known)} fields, {count:,} nuclei found and classified in {seconds:.1f} s")


Nuclei = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Centres (N, 2) in pixels and classes (N,), -1 for none."""


def read_rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as stream:
        return list(csv.DictReader(stream))


def known_nuclei(rows: list[dict[str, str]], classes: tuple[str, ...]) -> Nuclei:
    labels = [classes.index(row["label"].replace("epithelial", "epithelium")) for row in rows]
    return np.array([(row["x"], row["y"]) for row in rows], np.float64), np.array(labels)


def classified(image: Path, bundles: list[Bundle], options: Options) -> Nuclei:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        classify_image(Job(image, None, out), bundles, options, Silent())
        features = json.loads((out / "nuclei.geojson").read_text(encoding="utf-8"))["features"]
    names = [feature["properties"]["classification"]["name"] for feature in features]
    classes = bundles[0].config.classes
    centres = np.array([centre(feature["geometry"]["coordinates"]) for feature in features], np.float64)
    return centres.reshape(-1, 2), np.array([classes.index(name) if name in classes else -1 for name in names])


def centre(coordinates: list) -> NDArray[np.float64]:
    """Of a point, or the middle of an outline."""
    return np.array(coordinates if np.ndim(coordinates[0]) == 0 else coordinates[0], np.float64).reshape(-1, 2).mean(0)


def report(known: list[Nuclei], found: list[Nuclei], classes: tuple[str, ...]) -> None:
    pairs = [match_centres(theirs[0], ours[0], RADIUS) for ours, theirs in zip(known, found, strict=True)]
    true = np.concatenate([ours[1][at] for ours, (_, at) in zip(known, pairs, strict=True)])
    given = np.concatenate([theirs[1][at] for theirs, (at, _) in zip(found, pairs, strict=True)])
    every = np.concatenate([ours[1] for ours in known])
    beyond = np.concatenate([theirs[1] for theirs in found])
    print(f"{len(every):,} known nuclei, {len(beyond):,} found, {len(true):,} matched")
    print(f"recall {len(true) / len(every):.1%}")
    print(f"class of the matched right: {(true == given).mean():.1%}\n")
    print("| class | known | found of this class | both | recall | F1, at least |\n|---|---|---|---|---|---|")
    for number, name in enumerate(classes):
        both, ours, theirs = (
            ((true == number) & (given == number)).sum(),
            (every == number).sum(),
            (beyond == number).sum(),
        )
        if ours:
            print(
                f"| {name} | {ours:,} | {theirs:,} | {both:,} | {both / ours:.1%} | {2 * both / (ours + theirs):.3f} |"
            )


if __name__ == "__main__":
    main()
