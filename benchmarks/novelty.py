"""How well the logits of a bundle tell nuclei of its own tissue from those of another data set.

    NUCLEOSCOPE_DATA=... python benchmarks/novelty.py BUNDLE --split RUN/split.csv

Known are the validation crops of kaggle/, foreign are crops around the nuclei of crc-fields/ (another laboratory,
another scanner, 20x brought to the bundle's resolution) as a whole and by class, and crops of glass and of noise. For
each score: AUROC, the share of foreign crops above a threshold that 99 % of the validation crops stay below. For the
energy also what the bundle's own threshold, made on the select part, marks.
"""

import argparse
import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.data.splits.table import read_split_lines
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.prediction.engines.choice import choose_engine
from nucleoscope.prediction.novelty import KEPT, energy, is_foreign
from nucleoscope.runtime import use_threads
from nucleoscope.slides.cut import crops_of_block
from nucleoscope.slides.image import open_image

Score = Callable[[NDArray[np.float32]], NDArray[Any]]

CRC_MPP = 0.55
SCORES: dict[str, Score] = {
    "energy": energy,
    "largest logit": lambda logits: -logits.max(axis=1),
    "largest probability": lambda logits: -softmax(logits.astype(np.float64), axis=1).max(axis=1),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--split", type=Path, required=True, help="split.csv of its run")
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="with kaggle/ and crc-fields/")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real crops are needed: set NUCLEOSCOPE_DATA or give --data")
    use_threads(options.threads)
    bundle, data = load_bundle(options.bundle), Path(options.data)

    def logits_of(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return choose_engine(bundle, options.engine, crops).logits(crops, bundle.config.views)

    known = logits_of(validation_crops(data, options.split))
    foreign = {name: logits_of(crops) for name, crops in foreign_crops(data, bundle).items()}
    print(f"{len(known):,} validation crops ({bundle.config.provenance['protocol']} split)\n")
    print(
        "| foreign | crops | "
        + " | ".join(f"{name}, AUROC | marked at 1 %" for name in SCORES)
        + " | marked by the bundle |"
    )
    print("|---|---|" + "---|---|" * len(SCORES) + "---|")
    threshold = bundle.config.novelty_threshold
    for name, logits in foreign.items():
        figures = " | ".join(separation(score(known), score(logits)) for score in SCORES.values())
        print(f"| {name} | {len(logits):,} | {figures} | {is_foreign(energy(logits), threshold).mean():.1%} |")
    print(f"\nThe bundle's threshold marks {is_foreign(energy(known), threshold).mean():.1%} of the validation crops.")


def separation(known: NDArray[Any], foreign: NDArray[Any]) -> str:
    truth = np.repeat([0, 1], [len(known), len(foreign)])
    marked = (foreign > np.quantile(known, KEPT)).mean()
    return f"{roc_auc_score(truth, np.concatenate([known, foreign])):.3f} | {marked:.1%}"


def validation_crops(data: Path, split: Path) -> NDArray[np.uint8]:
    crops = read_dataset(data / "kaggle").crops
    part = {name: line[0] for name, line in read_split_lines(split).items()}
    return crops.images[[part[name] == "val" for name in crops.names]]


def foreign_crops(data: Path, bundle: Bundle) -> dict[str, NDArray[np.uint8]]:
    """By what they are."""
    size, mpp = bundle.config.specification.size, bundle.config.mpp
    crops, labels = [], []
    for table in sorted((data / "crc-fields").glob("*.csv")):
        if table.stem.endswith(".centres"):
            continue
        with table.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        with open_image(table.with_suffix(".png"), CRC_MPP) as image:
            crops.append(crops_of_block(image, np.array([(row["x"], row["y"]) for row in rows], np.float64), size, mpp))
        labels += [row["label"] for row in rows]
    every, of = np.concatenate(crops), np.array(labels)
    rng = np.random.default_rng(0)
    return {
        "crc-fields": every,
        **{f"crc-fields, {name}": every[of == name] for name in sorted(set(labels))},
        "glass": rng.integers(235, 250, (500, *size, 3), dtype=np.uint8),
        "noise": rng.integers(0, 256, (500, *size, 3), dtype=np.uint8),
    }


if __name__ == "__main__":
    main()
