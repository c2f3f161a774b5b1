"""The picture of the README that shows what a random split leaks, drawn from the demo's synthetic tissue.

python benchmarks/leak_picture.py docs/images/leak.png
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from nucleoscope.data.overlap import find_overlaps
from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.data.splits import Protocol, make_split
from nucleoscope.data.synthetic import demo_data
from nucleoscope.evaluation.leakage import shared_pixels
from nucleoscope.evaluation.plots.leak import Neighbours, plot_leak
from nucleoscope.files import replacing

SHARE = 0.55  # of the area in common: enough to see, not so much that one crop hides the other
COLOURS = 256  # of the palette, so that the picture stays small


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, help="PNG to write")
    parser.add_argument("--tile", type=int, default=0, help="by size, 0 is the largest")
    options = parser.parse_args()
    crops, _ = demo_data()
    overlaps = find_overlaps(crops.images)
    split = make_split(
        crops.targets(), Protocol.RANDOM, classes=crops.classes, val_fraction=0.3, select_fraction=0.2, seed=0
    )
    tile = int(np.argsort(-np.bincount(overlaps.tile), kind="stable")[options.tile])
    members = np.flatnonzero(overlaps.tile == tile)
    mosaic = lay_out(overlaps.x[members], overlaps.y[members], overlaps.size, crops.images[members])
    pair = typical_pair(overlaps, np.isin(np.arange(len(crops)), split.val), tile)
    corners = np.stack([overlaps.x[pair], overlaps.y[pair]], axis=1)
    shared = shared_pixels(overlaps, split.train, split.val)
    words = (
        f"Synthetic tissue of `nucleoscope audit demo`, crops split at random (seed 0): {shared.share:.1%} of "
        f"{shared.crops:,} validation crops share pixels with a training crop; the closest one holds "
        f"{shared.mean_largest:.0%} of the area on average."
    )
    with replacing(options.path) as temporary:
        title = "What a random split of crops leaks"
        plot_leak(temporary, mosaic, Neighbours(crops.images[pair], corners), title, words)
        Image.open(temporary).convert("RGB").quantize(COLOURS).save(temporary, optimize=True)


def typical_pair(overlaps, validation, tile):
    """A training crop and a validation crop of the tile, near its middle, that share about `SHARE` of their area."""
    first, second = overlaps.pairs.T
    middle = np.array([overlaps.x[overlaps.tile == tile].max(), overlaps.y[overlaps.tile == tile].max()]) / 2
    off = np.hypot(overlaps.x[first] - middle[0], overlaps.y[first] - middle[1]) / middle.max()
    cost = np.abs(overlaps.shared_fraction - SHARE) + 0.2 * off
    aslant = (np.abs(overlaps.offsets) > 15).all(axis=1)  # shifted in both directions: two squares are seen
    fits = (overlaps.tile[first] == tile) & (validation[first] != validation[second]) & aslant
    chosen = overlaps.pairs[np.where(fits, cost, np.inf).argmin()]
    return np.sort(chosen)[::-1] if validation[chosen.min()] else np.sort(chosen)


if __name__ == "__main__":
    main()
