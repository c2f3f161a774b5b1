"""Recall and precision of the search for overlaps when crops were recompressed, made noisy, flipped or turned.

    NUCLEOSCOPE_DATA=... python benchmarks/tolerance.py [--crops 1500] [--seed 0]

Truth: where synthetic crops were cut; for real crops what the exact search finds before they are changed. A crop is
changed by itself: turned by one of the eight symmetries at random, then saved as JPEG (Pillow, 4:2:0) or given
Gaussian noise of this deviation in each channel. "Sparse" is one crop in eight, so that few pairs have a third crop
that helps to find them. A pair counts as found if it is reported in the right orientation at the exact offset;
false pairs are all others that are reported. Recall is given for all pairs and for those that share at least so much
of their area. Seconds are CPU seconds of one thread.
"""

import argparse
import io
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nucleoscope.data.overlap import Overlaps, Tolerance, find_overlaps
from nucleoscope.data.overlap.links import LinkKeys
from nucleoscope.data.overlap.symmetries import COMPOSED, INVERSE, turned
from nucleoscope.data.overlap.tiles import Places, over_each_other
from nucleoscope.data.synthetic import crop_origins, cut_crops, make_fields

SIDE, FIELD = 100, 1000
SHARES = (0.0, 0.1, 0.25, 0.5)


@dataclass(frozen=True)
class Sample:
    """Crops, and where they truly lie."""

    name: str
    images: NDArray[np.uint8]
    places: Places

    def sparse(self) -> "Sample":
        """One crop in eight."""
        kept = np.random.default_rng(0).permutation(len(self.images))[: len(self.images) // 8]
        p = self.places
        return Sample(f"{self.name}, sparse", self.images[kept], Places(p.tile[kept], p.corner[kept], p.turn[kept]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder that holds kaggle/")
    parser.add_argument("--crops", type=int, default=1500, help="so many of each kind, about")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    shares = " | ".join(f"share >= {share:.0%}" for share in SHARES[1:])
    print(f"| crops of | number | pairs | changed by | turned | recall | {shares} | false pairs | seconds |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for sample in samples(options):
        for change in ("JPEG 95", "JPEG 90", "JPEG 80", "noise 4", "nothing"):
            for turns in (False, True):
                if turns or change != "nothing":
                    print(row(sample, change, turns, options.seed), flush=True)


def samples(options: argparse.Namespace) -> Iterator[Sample]:
    made = [real(Path(options.data) / "kaggle" / "train.zip", options.crops)] if options.data else []
    made += [tissue(options.crops, options.seed), noise(options.crops, options.seed)]
    for sample in made:
        yield sample
        yield sample.sparse()


def tissue(count: int, seed: int) -> Sample:
    fields = make_fields(-(-count // 100), seed)  # about a hundred crops each
    images, corners = cut_crops(fields).images, crop_origins(fields)
    tile = np.unique(cut_crops(fields).groups, return_inverse=True)[1]
    return Sample("synthetic tissue", images, Places(tile, corners, np.zeros(len(tile), np.int64)))


def noise(count: int, seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    tile = np.arange(count) // 200
    corners = rng.integers(0, FIELD - SIDE + 1, (count, 2))
    images = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for number in range(int(tile.max()) + 1):
        field = noise_field(rng)
        for position in np.flatnonzero(tile == number):
            x, y = corners[position]
            images[position] = field[y : y + SIDE, x : x + SIDE]
    return Sample("noise", images, Places(tile, corners, np.zeros(count, np.int64)))


def noise_field(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Noise at three scales, as strong as the texture of tissue, in each channel of its own."""
    pieces = [ndimage.gaussian_filter(rng.standard_normal((FIELD, FIELD, 3)), (s, s, 0)) for s in (1, 2, 4)]
    return np.clip(160 + sum(12 * piece / piece.std() for piece in pieces), 0, 255).astype(np.uint8)


def real(file: Path, count: int) -> Sample:
    with zipfile.ZipFile(file) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))[:count]
        images = np.stack([np.asarray(Image.open(archive.open(name)).convert("RGB")) for name in names])
    exact = find_overlaps(images)
    return Sample("real", images, Places(exact.tile, np.column_stack([exact.x, exact.y]), exact.orientation))


def row(sample: Sample, change: str, turns: bool, seed: int) -> str:
    """One line of the table."""
    rng = np.random.default_rng(seed)
    count = len(sample.images)
    symmetry = rng.integers(0, 8, count) if turns else np.zeros(count, np.int64)
    images = np.stack([changed(turned(i, s), change, rng) for i, s in zip(sample.images, symmetry, strict=True)])
    busy = time.process_time()
    overlaps = find_overlaps(images, tolerance=Tolerance(recompressed=change != "nothing", turned=turns))
    seconds = time.process_time() - busy
    truth, found, share = compared(sample.places, symmetry, overlaps)
    hit = np.isin(truth, found)
    recalls = " | ".join(f"{hit[share >= least].mean():.4f}" for least in SHARES)
    false = len(found) - int(hit.sum())
    return (
        f"| {sample.name} | {count:,} | {len(truth):,} | {change} | {'yes' if turns else 'no'} "
        f"| {recalls} | {false} | {seconds:.1f} |"
    )


def changed(image: NDArray[np.uint8], change: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    kind, _, strength = change.partition(" ")
    if kind == "JPEG":
        stream = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(image)).save(stream, "JPEG", quality=int(strength))
        return np.asarray(Image.open(stream))
    if kind == "noise":
        return np.clip(np.rint(image + rng.normal(0, float(strength), image.shape)), 0, 255).astype(np.uint8)
    return image


def compared(
    places: Places, symmetry: NDArray[np.int64], overlaps: Overlaps
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Keys of all true pairs and of all found ones, each with its orientation and offset; and the true shares."""
    keys = LinkKeys(len(overlaps), overlaps.size)
    true_turn = COMPOSED[places.turn, INVERSE[symmetry]]
    true = over_each_other(places, overlaps.size)
    apart = np.abs(places.corner[true[:, 1]] - places.corner[true[:, 0]])
    height, width = overlaps.size
    share = (width - apart[:, 0]) * (height - apart[:, 1]) / (height * width)
    truth = keys.pack(Places(places.tile, places.corner, true_turn).between(*true.T))
    laid = Places(overlaps.tile, np.column_stack([overlaps.x, overlaps.y]), overlaps.orientation)
    return truth, keys.pack(laid.between(*overlaps.pairs.T)), share


if __name__ == "__main__":
    main()
