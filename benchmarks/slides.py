"""`nucleoscope classify` on real fields and on a large synthetic slide: accuracy, nuclei a second, peak memory.

    NUCLEOSCOPE_DATA=... python benchmarks/slides.py BUNDLE [BUNDLE ...] --split RUN/split.csv
    (and for the slide) [--side 20000 --nuclei 200000]

Accuracy is that of the nuclei of fields/ given by their positions, by the part of the split that their crops are in: a
split by tiles puts all of a tile into one part, so that those of `val` are of tissue that the model was not trained
on. Speed is from the files to the finished GeoJSON. The slide is a tiled pyramid with as many of its nuclei as are
wanted, which are in a GeoJSON of outlines; each engine runs in a process of its own, whose peak of resident memory is
what the system says. The slide is classified with a narrow model1 of random weights, or with BUNDLE by --with-bundle.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.data.synthetic.slides import write_slide
from nucleoscope.models.bundle import Bundle, BundleConfig, load_bundle, save_bundle
from nucleoscope.models.specification import Kind, Specification
from nucleoscope.pipeline.classify import Options, classify_image
from nucleoscope.pipeline.reporter import Silent
from nucleoscope.runtime import use_threads
from nucleoscope.slides.jobs import Job

FIELD_MPP = 0.25
CORNERS = 24  # of an outline
RADIUS = 14.0  # pixels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path, help="of several, the mean probability counts")
    parser.add_argument("--split", type=Path, help="split.csv of its run; without it the fields are left out")
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with fields/")
    parser.add_argument("--side", type=int, default=20_000)
    parser.add_argument("--nuclei", type=int, default=200_000)
    parser.add_argument("--with-bundle", action="store_true")
    parser.add_argument("--out", type=Path, help="keep the results of the fields here")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--worker", nargs=4, metavar=("IMAGE", "NUCLEI", "BUNDLE", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    use_threads(options.threads)
    if options.worker:
        print(json.dumps(classified(*map(Path, options.worker))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        if options.split and options.data:
            fields(Path(options.data) / "fields", options.bundles, options.split, options.out or Path(temporary))
        if options.nuclei:
            slide(Path(temporary), options)


def classified(image: Path, nuclei: Path, bundle: Path, out: Path) -> dict[str, float]:
    """Seconds from the files to the finished results, and peak memory of this process in MiB."""
    started = time.perf_counter()
    summary = classify_image(Job(image, nuclei, out), [load_bundle(bundle)], Options(formats=("geojson",)), Silent())
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB where this runs
    return {"nuclei": summary.nuclei, "unsure": sum(summary.unsure.values()), "seconds": seconds, "peak": peak}


def fields(folder: Path, bundles: list[Path], split: Path, out: Path) -> None:
    models, lines = [load_bundle(bundle) for bundle in bundles], read_split_lines(split)
    parts, right, sure, seconds = [], [], [], 0.0
    for table in sorted(folder.glob("*.csv")):
        started = time.perf_counter()
        job = Job(table.with_suffix(".png"), table, out / table.stem)
        classify_image(job, models, Options(mpp=FIELD_MPP, formats=("geojson", "csv", "overlay")), Silent())
        seconds += time.perf_counter() - started
        with table.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        parts += [lines[row["name"]][0] for row in rows]
        for row, properties in zip(rows, properties_of(job.out), strict=True):
            probabilities = {
                name: properties["measurements"].get(f"Probability: {name}", -1.0) for name in models[0].config.classes
            }
            label = row["label"].replace("epithelial", "epithelium")
            right.append(max(probabilities, key=lambda name: probabilities[name]) == label)
            sure.append(not properties["classification"]["name"].startswith("unsure"))
    part, correct, certain = np.array(parts), np.array(right), np.array(sure)
    print("| part of the split | nuclei | accuracy | unsure | accuracy of the others |\n|---|---|---|---|---|")
    for name in ("fit", "select", "val"):
        print(line(name, correct[part == name], certain[part == name]))
    print(line("all", correct, certain))
    print(
        f"\n{len(part):,} nuclei in {seconds:.1f} s: {len(part) / seconds:,.0f} nuclei/s, opening and drawing included."
    )


def properties_of(out: Path) -> list[dict[str, Any]]:
    features = json.loads((out / "nuclei.geojson").read_text(encoding="utf-8"))["features"]
    return [feature["properties"] for feature in features]


def line(name: str, correct: NDArray[np.bool_], certain: NDArray[np.bool_]) -> str:
    if not len(correct):
        return f"| {name} | 0 | | | |"
    figures = f"{correct.mean():.2%} | {(~certain).mean():.1%} | {correct[certain].mean():.2%}"
    return f"| {name} | {len(correct):,} | {figures} |"


def slide(folder: Path, options: argparse.Namespace) -> None:
    started = time.perf_counter()
    written = write_slide(folder / "slide.svs", (options.side, options.side))
    nuclei = folder / "slide.geojson"
    count = write_outlines(nuclei, written.centres, options.nuclei, written.size)
    bundle = options.bundles[0] if options.with_bundle else narrow(folder / "narrow")
    size, took = (folder / "slide.svs").stat().st_size / 2**20, time.perf_counter() - started
    print(f"\n{options.side:,}x{options.side:,} pixels, {size:.0f} MiB, {count:,} nuclei; made in {took:.0f} s")
    arguments = [sys.executable, __file__, options.bundles[0], "--threads", str(options.threads), "--worker"]
    done = subprocess.run(
        [*map(str, arguments), folder / "slide.svs", nuclei, bundle, folder / "out"],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    print("| nuclei | unsure | seconds | nuclei/s | peak memory, MiB |\n|---|---|---|---|---|")
    print(
        f"| {found['nuclei']:,} | {found['unsure']:,} | {found['seconds']:.0f} "
        f"| {found['nuclei'] / found['seconds']:,.0f} | {found['peak']:,.0f} |"
    )


def write_outlines(path: Path, centres: NDArray[np.float64], count: int, size: tuple[int, int]) -> int:
    """Write a round outline for so many nuclei; where the slide has fewer, places are used again, moved a little."""
    rng = np.random.default_rng(0)
    index = np.resize(rng.permutation(len(centres)), count)
    places = centres[index] + rng.uniform(-3, 3, (count, 2)) * (np.arange(count) >= len(centres))[:, None]
    places = np.clip(places, RADIUS, np.array(size) - RADIUS)
    angles = np.linspace(0, 2 * np.pi, CORNERS + 1)
    ring = RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring[-1] = ring[0]
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"type":"FeatureCollection","features":[\n')
        for number, place in enumerate(places):
            geometry = {"type": "Polygon", "coordinates": [np.round(ring + place, 2).tolist()]}
            feature = {"type": "Feature", "geometry": geometry, "properties": {"objectType": "detection"}}
            stream.write(("," if number else "") + json.dumps(feature) + "\n")
        stream.write("]}\n")
    return count


def narrow(folder: Path) -> Path:
    """A narrow model1 of random weights."""
    specification = Specification(Kind.MODEL1, 4, (64, 64), 8, surround=0.3)
    config = BundleConfig(specification, tuple("abcd"), (0, 1, 2, 3), (0.5,) * 3, (0.25,) * 3, mpp=0.25)
    save_bundle(folder, Bundle(specification.build(None)[0].eval(), config), "card")
    return folder


if __name__ == "__main__":
    main()
