"""Another laboratory: what a bundle says of the nuclei of a data set that it was not trained on.

    NUCLEOSCOPE_DATA=... python benchmarks/other_lab.py BUNDLE [BUNDLE ...]

A bundle whose classes are those of kaggle/ is asked about the nuclei of crc-fields/ (20x, another scanner, positions
given), one whose classes are those of crc-fields/ about the crops of kaggle/. Both are brought to three classes that
they share, epithelial, inflammatory, spindle: nuclei of another class are left out, and so is what the model says of
another class. Each bundle is asked in four ways: with and without bringing the pictures to its resolution, and
with the colours of each field moved to those of its own tissue (mean and covariance of optical density).
"""

import argparse
import csv
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from nucleoscope.data.crops import Crops
from nucleoscope.data.reading.dataset import read_dataset
from nucleoscope.models.bundle import Bundle, load_bundle
from nucleoscope.prediction.probabilities import predict_probabilities
from nucleoscope.prediction.resolution import to_resolution
from nucleoscope.runtime import use_threads
from nucleoscope.slides.cut import crops_of_block
from nucleoscope.slides.image import open_image
from tissue.colours import moved_colours, tile_colours

KAGGLE_MPP, CRC_MPP = 0.25, 0.55
SHARED = ("epithelial", "inflammatory", "spindle")
WORDS = {"epithel": 0, "immune": 1, "inflammatory": 1, "muscle": 2, "fibroblast": 2}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), help="with kaggle/ and crc-fields/")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.data is None:
        parser.error("the real data are needed: set NUCLEOSCOPE_DATA or give --data")
    use_threads(options.threads)
    print("| bundle | asked about | nuclei | resolution | colours | accuracy | " + " | ".join(SHARED) + " |")
    print("|---" * (6 + len(SHARED)) + "|")
    for path in options.bundles:
        for line in lines_of(load_bundle(path), Path(options.data)):
            print(f"| {path.parent} | {line}", flush=True)


def lines_of(bundle: Bundle, data: Path) -> Iterable[str]:
    """A line of the table for each way to ask."""
    foreign = "fibroblast" not in bundle.config.classes
    name = "crc-fields" if foreign else "kaggle"
    home = kaggle_crops(data) if foreign else crc_crops(data, bundle, rescaled=True)
    for rescaled in (True, False):
        asked = crc_crops(data, bundle, rescaled) if foreign else kaggle_crops(data, bundle, rescaled)
        images, labels, field = asked
        for colours, pictures in (("as they are", images), ("moved", in_colours_of(images, field, home[0]))):
            yield f"{name} | {measured(bundle, pictures, labels, 'brought' if rescaled else 'ignored', colours)}"


def measured(
    bundle: Bundle, images: NDArray[np.uint8], labels: NDArray[np.int64], resolution: str, colours: str
) -> str:
    """Accuracy and recall of crops (N, H, W, 3) with labels (N,) in 0..2, or -1 for none."""
    probabilities = predict_probabilities(bundle, images)
    coarse = np.array([shared(name) for name in bundle.config.classes])
    summed = np.stack([probabilities[:, coarse == number].sum(axis=1) for number in range(len(SHARED))], axis=1)
    known = labels >= 0
    right = summed.argmax(axis=1) == labels
    recalls = " | ".join(f"{right[labels == number].mean():.1%}" for number in range(len(SHARED)))
    return f"{known.sum():,} | {resolution} | {colours} | {right[known].mean():.1%} | {recalls} |"


def shared(name: str) -> int:
    """The number of the shared class that a class belongs to, or -1."""
    return next((number for word, number in WORDS.items() if word in name.casefold()), -1)


def in_colours_of(images: NDArray[np.uint8], field: NDArray[np.int64], home: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (N, H, W, 3) with the colours of each field (N,) moved to the mean colours of the crops at home."""
    mean, covariance = tile_colours(home, np.zeros(len(home), np.int64), least=0)
    own_mean, own_covariance = tile_colours(images, field, least=10)
    number = torch.from_numpy(field)
    found = [
        moved_colours(
            torch.from_numpy(images[part]).permute(0, 3, 1, 2),
            (own_mean[number[part]], own_covariance[number[part]]),
            (mean.expand(len(part), -1), covariance.expand(len(part), -1, -1)),
            torch.ones(len(part), 1, 1),
        )
        for part in np.array_split(np.arange(len(images)), 1 + len(images) // 256)
    ]
    return torch.cat(found).permute(0, 2, 3, 1).contiguous().numpy()


Asked = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]
"""Crops (N, H, W, 3), their labels (N,) among the shared classes or -1, and the field of each (N,)."""


def crc_crops(data: Path, bundle: Bundle, rescaled: bool) -> Asked:
    """Crops around the given nuclei, of the bundle's size: at its resolution, or of the pixels as they are."""
    images, labels, field = [], [], []
    tables = [path for path in sorted((data / "crc-fields").glob("*.csv")) if not path.stem.endswith(".centres")]
    for number, table in enumerate(tables):
        with table.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        centres = np.array([(row["x"], row["y"]) for row in rows], np.float64)
        with open_image(table.with_suffix(".png"), CRC_MPP) as image:
            mpp = bundle.config.mpp if rescaled else None
            images.append(crops_of_block(image, centres, bundle.config.specification.size, mpp))
        labels += [shared(row["label"]) for row in rows]
        field += [number] * len(rows)
    return np.concatenate(images), np.array(labels), np.array(field)


def kaggle_crops(data: Path, bundle: Bundle | None = None, rescaled: bool = True) -> Asked:
    """All labelled crops: as they are, at the bundle's resolution, or their central pixels in its size.

    What is told of their fields is nothing: the colours of all are moved together.
    """
    crops: Crops = read_dataset(data / "kaggle", mpp=KAGGLE_MPP).crops
    images = crops.images
    if bundle is not None and rescaled:
        images = to_resolution(crops, bundle.config).images
    elif bundle is not None:
        (top, left), (height, width) = _centred(crops.size, bundle), bundle.config.specification.size
        images = images[:, top : top + height, left : left + width]
    labels = np.array([shared(name) for name in crops.classes])[crops.targets()]
    return images, labels, np.zeros(len(images), np.int64)


def _centred(size: tuple[int, int], bundle: Bundle) -> tuple[int, int]:
    height, width = bundle.config.specification.size
    return (size[0] - height) // 2, (size[1] - width) // 2


if __name__ == "__main__":
    main()
