"""How often real nuclei are taken for artefacts, and how often artefacts made of them are found.

    NUCLEOSCOPE_DATA=... python benchmarks/artefacts.py [--picture alarms.png]

Crops of 100x100 pixels at 0.25 um/pixel around the nuclei of fields/ and crc-fields/. Blur is a Gaussian; ink is what
light passes through on its way; a fold is another crop of the same field, itself blurred, on top. Each has noise of a
sensor, of deviation 2, added.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from nucleoscope.slides.cut import walk_crops
from nucleoscope.slides.image import open_image
from nucleoscope.slides.tissue import find_artefacts

MPP = 0.25
FIELDS = {"fields": 0.25, "crc-fields": 0.5}
KINDS = ("", "glass", "pen", "blur", "fold")
INKS = {
    "green": (20, 140, 70),
    "blue": (30, 60, 170),
    "dark blue": (25, 35, 140),
    "black": (25, 25, 30),
    "red": (210, 25, 35),
}
SHOWN = 10  # alarms in a row of the picture

Crops = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("NUCLEOSCOPE_DATA"), type=Path)
    parser.add_argument("--picture", type=Path, help="draw the real nuclei that are taken for artefacts")
    options = parser.parse_args()
    print("| crops | number | tissue | glass | pen | blur | fold |\n|---|---|---|---|---|---|---|")
    alarms = []
    for folder, mpp in FIELDS.items():
        fields = [crops_of(path, mpp) for path in sorted((options.data / folder).glob("*.png"))]
        crops = np.concatenate(fields)
        alarms.append(crops[tell(f"{folder}, as they are", crops) != ""])
        for name, made in artefacts_of(fields):
            tell(f"{folder}, {name}", made)
    start = time.process_time()
    find_artefacts(crops, MPP)
    print(f"\n{len(crops) / (time.process_time() - start):,.0f} crops a second of one core")
    if options.picture:
        draw(np.concatenate(alarms), options.picture)


def crops_of(path: Path, mpp: float) -> Crops:
    """Crops around all nuclei of a field."""
    centres = np.loadtxt(path.with_suffix(".csv"), delimiter=",", skiprows=1, usecols=(0, 1), ndmin=2)
    with open_image(path, mpp) as image:
        places = np.clip(centres, 0, image.size)
        return np.concatenate([crops for _, crops in walk_crops(image, places, (100, 100), MPP)])


def artefacts_of(fields: list[Crops]) -> Iterator[tuple[str, Crops]]:
    """Every artefact made of these crops, by name."""
    crops = np.concatenate(fields)
    for um in (0.5, 0.75, 1.0, 1.5, 2.0, 5.0):
        yield f"blur of {um:g} um", seen(blurred(crops, um))
    rng = np.random.default_rng(0)
    other = np.concatenate([field[rng.permutation(len(field))] for field in fields])
    for above, all_ in ((0.375, 0.25), (0.75, 0.5)):
        fold = blurred(crops * blurred(other, above) / 240, all_)
        yield f"fold, upper layer blurred by {above:g} um, all by {all_:g}", seen(fold)
    for ink, colour in INKS.items():
        yield f"{ink} ink", seen(crops * (np.array(colour) / 255))
    for level in (245, 200, 170):
        yield f"glass of level {level}", seen(np.full((500, 100, 100, 3), float(level)))


def blurred(crops: NDArray, um: float) -> NDArray[np.float32]:
    return ndimage.gaussian_filter(crops.astype(np.float32), (0, um / MPP, um / MPP, 0))


def seen(light: NDArray) -> Crops:
    """As a sensor gives it."""
    noise = np.random.default_rng(1).normal(0, 2, light.shape)
    return np.clip(np.rint(light + noise), 0, 255).astype(np.uint8)


def tell(name: str, crops: Crops) -> NDArray[np.str_]:
    found = find_artefacts(crops, MPP)
    shares = " | ".join(f"{(found == kind).mean():.2%}" for kind in KINDS)
    print(f"| {name} | {len(crops):,} | {shares} |", flush=True)
    return found


def draw(crops: Crops, path: Path) -> None:
    """Crops in rows."""
    missing = np.full((-len(crops) % SHOWN, *crops.shape[1:]), 255, np.uint8)
    rows = np.concatenate([crops, missing]).reshape(-1, SHOWN, *crops.shape[1:])  # (rows, SHOWN, h, w, 3)
    sheet = rows.transpose(0, 2, 1, 3, 4).reshape(rows.shape[0] * crops.shape[1], -1, 3)
    Image.fromarray(sheet).save(path)


if __name__ == "__main__":
    main()
