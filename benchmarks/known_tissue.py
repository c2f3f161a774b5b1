"""Does the pattern of known and unknown tissue around a crop give its class away?

    NUCLEOSCOPE_DATA=... python benchmarks/known_tissue.py

Wide crops are put together from the crops of a tile; where none of them shows anything, they show a plain colour. A
random forest is shown only which tenths of such a crop are known, at two and four times the width, and is asked about
two folds of tiles that it never saw (`tiles`; at most 50 crops of a class of a tile to learn from, seed 0).
"""

import argparse
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from tissue.material import Material, read_material

PAIRS, CAP, TIMES, GRID = ((0, 1), (2, 3), (3, 4)), 50, (2, 4), 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="folder with kaggle/")
    parser.add_argument("--out", type=Path, default=Path("runs/new-tissue"))
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    material = read_material(Path(options.data), options.out.resolve())
    shown = np.concatenate([known_shares(material, times) for times in TIMES], axis=1)
    print("| folds left out | crops | largest class | accuracy | " + " | ".join(material.classes) + " |")
    print("|---" * (4 + len(material.classes)) + "|")
    for pair in PAIRS:
        train, held = material.outside(pair, CAP), material.inside(pair)
        forest = RandomForestClassifier(300, min_samples_leaf=5, class_weight="balanced_subsample", random_state=0)
        right = forest.fit(shown[train], material.labels[train]).predict(shown[held]) == material.labels[held]
        counts = np.bincount(material.labels[held])
        recalls = [f"{right[material.labels[held] == number].mean():.0%}" for number in range(len(counts))]
        print(
            f"| {pair} | {len(held):,} | {counts.max() / len(held):.0%} | {right.mean():.0%} | {' | '.join(recalls)} |"
        )


def known_shares(material: Material, times: int) -> NDArray[np.float64]:
    """Share of each of 10x10 squares of a wide crop that some crop of the tile shows, (N, 100)."""
    height, width = material.images.shape[1:3]
    margin = np.array([width, height]) * times
    found = np.empty((len(material.labels), GRID * GRID))
    for number in np.unique(material.tile):
        members = np.flatnonzero(material.tile == number)
        places = material.corner[members] - material.corner[members].min(axis=0) + margin
        known = np.zeros((*(places.max(axis=0) + margin)[::-1],), np.bool_)
        for x, y in places:
            known[y : y + height, x : x + width] = True
        for member, (x, y) in zip(members, places - (times - 1) * np.array([width, height]) // 2, strict=True):
            wide = known[y : y + times * height, x : x + times * width]
            squares = wide.reshape(GRID, times * height // GRID, GRID, times * width // GRID)
            found[member] = squares.mean(axis=(1, 3)).ravel()
    return found


if __name__ == "__main__":
    main()
