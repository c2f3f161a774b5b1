"""The largest tile, put together from its crops, with two crops of it that share pixels."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from nucleoscope.data.overlap.mosaic import Mosaic, lay_out
from nucleoscope.data.overlap.symmetries import turned
from nucleoscope.pipeline.linked_crops import LABELLED
from nucleoscope.report.charts.tile import Marked, draw_tile
from nucleoscope.report.material import Material
from nucleoscope.report.pictures import picture


@dataclass(frozen=True)
class _Placed:
    """The K crops of one tile, from `tiles.csv`."""

    names: list[str]
    labelled: NDArray[np.bool_]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    orientation: NDArray[np.int64]


@dataclass(frozen=True)
class TileShown:
    """The picture, and what it shows in words."""

    chart: Markup
    words: str


def largest_tile(material: Material) -> TileShown | None:
    """The tile with most crops; None where no two crops share a tile, or crops cannot be read."""
    path = material.runs[0].parts[0].folder.tiles
    if material.crops.dataset is None or not path.is_file():
        return None
    placed = _largest(path)
    if placed is None:
        return None
    crops = material.crops
    found = [
        crops.crop(name) if labelled else crops.test_crop(name)
        for name, labelled in zip(placed.names, placed.labelled.tolist(), strict=True)
    ]
    pictures = [turned(p, int(o)) for p, o in zip(found, placed.orientation, strict=True) if p is not None]
    if len(pictures) < len(found):
        return None  # the test set lies elsewhere now
    size = material.crops.dataset.crops.size
    mosaic = lay_out(placed.x, placed.y, size, pictures, longest=material.budget.longest)
    pair = _closest_pair(placed, size)
    return TileShown(_draw(material, placed, mosaic, pair), _words(placed, mosaic, pair, size))


def _largest(path: Path) -> _Placed | None:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    tile = np.array([int(row["tile"]) for row in rows])
    counts = np.bincount(tile)
    if counts.max() < 2:
        return None
    kept = [rows[i] for i in np.flatnonzero(tile == counts.argmax())]
    return _Placed(
        names=[row["name"] for row in kept],
        labelled=np.array([row["set"] == LABELLED for row in kept]),
        x=np.array([int(row["x"]) for row in kept]),
        y=np.array([int(row["y"]) for row in kept]),
        orientation=np.array([int(row.get("orientation") or 0) for row in kept]),
    )


def _closest_pair(placed: _Placed, size: tuple[int, int]) -> tuple[int, int] | None:
    """Two labelled crops that share about half of their pixels; None where none do."""
    known = np.flatnonzero(placed.labelled)
    shared = _shared(placed, known, size)  # (K, K)
    np.fill_diagonal(shared, 0.0)
    if not shared.any():
        return None
    first, second = np.unravel_index(np.abs(shared - 0.5).argmin(), shared.shape)
    return int(known[first]), int(known[second])


def _shared(placed: _Placed, crops: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.float64]:
    """The share of its pixels that each of K crops has in common with each, (K, K)."""
    across = np.abs(placed.x[crops, None] - placed.x[crops])
    down = np.abs(placed.y[crops, None] - placed.y[crops])
    common = np.maximum(size[1] - across, 0) * np.maximum(size[0] - down, 0)
    share: NDArray[np.float64] = common / (size[0] * size[1])
    return share


def _draw(material: Material, placed: _Placed, mosaic: Mosaic, pair: tuple[int, int] | None) -> Markup:
    marks = []
    for name, labelled, centre in zip(placed.names, placed.labelled.tolist(), mosaic.centres, strict=True):
        label = material.crops.label(name) if labelled else None
        known = label is not None
        tip = f"{name}: {material.classes[label] if label is not None else 'test crop, class unknown'}"
        colour = material.colours[label] if known and label is not None else ""
        marks.append(Marked(float(centre[0]), float(centre[1]), colour, tip))
    assert material.crops.dataset is not None
    height, width = (side / mosaic.step for side in material.crops.dataset.crops.size)
    boxes = [(*mosaic.centres[i] - (width / 2, height / 2), width, height) for i in pair or ()]
    shown = picture(mosaic.image, "", material.budget)
    return draw_tile(shown, mosaic.image.shape[:2], marks, boxes)


def _words(placed: _Placed, mosaic: Mosaic, pair: tuple[int, int] | None, size: tuple[int, int]) -> str:
    height, width = mosaic.extent
    words = (
        f"The tile with most crops, put together from its {len(placed.names):,} crops alone: {width:,} x {height:,} "
        "pixels. White: no crop has a pixel there. A dot is the nucleus that a label is about."
    )
    if pair is None:
        return words
    share = _shared(placed, np.array(pair), size)[0, 1]
    return (
        f"{words} The two outlined crops have {share:.0%} of their pixels in common; a split that puts one into the "
        "training part and the other into the validation part tests a model on what it was trained on."
    )
