"""Whole slides of synthetic tissue: tiled pyramids of any size, written tile by tile, and where their nuclei are.

A slide is laid out in square cells, as on a chessboard: glass around an oval of tissue, where each cell shows one of a
few grown fields, turned or flipped. So a slide of 20,000 x 20,000 pixels takes seconds and no more memory than its
fields. Tissue does not go on from cell to cell: a nucleus on the border of one is cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nucleoscope.data.synthetic.fields import MPP, Field, make_field
from nucleoscope.data.synthetic.growth import Tissue
from nucleoscope.data.synthetic.stain import Stain, develop, draw_stain
from nucleoscope.errors import ConfigError
from nucleoscope.files import replacing

MAX_SIDE = 20_000
CELL = 512
TILE = 256
_SMALLEST_LEVEL = 1024  # longer side from which on a pyramid needs no smaller level
_GLASS = -1
_ORIENTATIONS = 8  # quarter turns, flipped or not
_QUALITY = 90


@dataclass(frozen=True)
class Slide:
    """A written slide and the truth about its nuclei.

    Attributes:
        path: of the file.
        size: width and height at full resolution, in pixels.
        mpp: micrometres per pixel, as the file says.
        centres: (K, 2) float64 x, y in full-resolution pixels, x right, y down, 0 at the left or upper edge.
        labels: (K,) int64 positions in CLASSES.
        glass: (rows, columns) bool of the cells, CELL pixels a side, that show no tissue.
    """

    path: Path
    size: tuple[int, int]
    mpp: float
    centres: NDArray[np.float64]
    labels: NDArray[np.int64]
    glass: NDArray[np.bool_]


@dataclass(frozen=True)
class _Layout:
    """What each cell of a slide shows.

    Attributes:
        pictures: level by level, (P, side, side, 3) uint8: the fields, and last the glass.
        shown: (rows, columns) positions among the pictures, -1 for glass.
        turned: (rows, columns) 0..7, see `_oriented`.
    """

    pictures: list[NDArray[np.uint8]]
    shown: NDArray[np.int64]
    turned: NDArray[np.int64]

    def tile(self, level: int, x: int, y: int) -> NDArray[np.uint8]:
        """The tile (TILE, TILE, 3) of a level at x, y; beyond the last cell it is white."""
        tile = np.full((TILE, TILE, 3), 255, np.uint8)
        side = self.pictures[level].shape[1]
        for row in range(y // side, min(-(-(y + TILE) // side), self.shown.shape[0])):
            for column in range(x // side, min(-(-(x + TILE) // side), self.shown.shape[1])):
                picture = self.pictures[level][self.shown[row, column]]
                cell = _oriented(picture, int(self.turned[row, column]))
                top, left = row * side - y, column * side - x  # of the cell on the tile
                target = tile[max(top, 0) : top + side, max(left, 0) : left + side]
                target[:] = cell[max(-top, 0) :, max(-left, 0) :][: target.shape[0], : target.shape[1]]
        return tile


def write_slide(path: Path, size: tuple[int, int], seed: int = 0, fields: int = len(Tissue)) -> Slide:
    """Write a slide.

    Args:
        path: `.svs` writes what Aperio's scanners do, `.ome.tif` an OME-TIFF with its pyramid in SubIFDs, and any other
            name a TIFF with its pyramid in pages.
        size: width and height at full resolution, in pixels.
        seed: the same seed, size and number of fields give the same slide.
        fields: how many different fields its tissue is made of; four or more show every tissue.

    Returns:
        The slide, with every nucleus whose centre lies on it.

    Raises:
        ConfigError: the size does not fit, or a package is missing.
    """
    if not all(1 <= side <= MAX_SIDE for side in size):
        raise ConfigError(
            f"a synthetic slide of {size[0]}x{size[1]} pixels was asked for; expected 1 to {MAX_SIDE:,} on each side"
        )
    missing = [package for package in ("tifffile", "imagecodecs") if not find_spec(package)]
    if missing:
        raise ConfigError(
            f"writing a slide needs the package {missing[0]}, which is not installed: pip install 'nucleoscope[slides]'"
        )
    rng = np.random.default_rng(seed)
    stain = draw_stain(rng)
    tissues = tuple(Tissue)
    grown = [
        make_field(int(own), tissues[number % len(tissues)], CELL, stain=stain)
        for number, own in enumerate(rng.integers(0, 2**31, fields))
    ]
    levels = 1
    while max(size) >> (levels - 1) > _SMALLEST_LEVEL:
        levels += 1
    layout = _lay_out(size, grown, stain, levels, rng)
    with replacing(path) as temporary:
        _write(temporary, path.name.lower(), size, layout)
    centres, labels = _nuclei(size, grown, layout)
    return Slide(path, size, MPP, centres, labels, layout.shown == _GLASS)


def _lay_out(size: tuple[int, int], grown: list[Field], stain: Stain, levels: int, rng: np.random.Generator) -> _Layout:
    columns, rows = -(-size[0] // CELL), -(-size[1] // CELL)
    blank = np.zeros((CELL, CELL), np.float32)
    full = np.stack([*(field.image for field in grown), develop(blank, blank, stain, rng)])
    pictures = [full]
    for level in range(1, levels):
        side = max(1, CELL >> level)
        pictures.append(
            np.stack([np.asarray(Image.fromarray(one).resize((side, side), Image.Resampling.BOX)) for one in full])
        )
    y, x = np.mgrid[:rows, :columns]
    # The middles of cells inside of an oval, which touches none of the slide's edges unless it is small.
    oval = ((x + 0.5) / columns - 0.5) ** 2 / 0.45**2 + ((y + 0.5) / rows - 0.5) ** 2 / 0.42**2 < 1
    shown = np.where(oval, rng.integers(0, len(grown), (rows, columns)), _GLASS)
    return _Layout(pictures, shown, rng.integers(0, _ORIENTATIONS, (rows, columns)))


def _oriented(picture: NDArray[np.uint8], turned: int) -> NDArray[np.uint8]:
    """A square picture: mirrored left to right if bit 0 is set, top to bottom if bit 1, then transposed if bit 2."""
    if turned & 1:
        picture = picture[:, ::-1]
    if turned & 2:
        picture = picture[::-1]
    return picture.swapaxes(0, 1) if turned & 4 else picture


def _nuclei(
    size: tuple[int, int], grown: list[Field], layout: _Layout
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Centres and labels of all nuclei, cell by cell."""
    centres, labels = [np.empty((0, 2))], [np.empty(0, np.int64)]
    for row, column in np.argwhere(layout.shown != _GLASS).tolist():
        field, turned = grown[layout.shown[row, column]], int(layout.turned[row, column])
        places = field.centres + 0.5  # a field counts from the middle of its first pixel
        places = np.where([bool(turned & 1), bool(turned & 2)], CELL - places, places)
        places = places[:, ::-1] if turned & 4 else places
        places = places + np.array([column, row]) * CELL
        here = (places <= size).all(axis=1)
        centres.append(places[here])
        labels.append(field.labels[here])
    return np.concatenate(centres), np.concatenate(labels)


def _write(path: Path, name: str, size: tuple[int, int], layout: _Layout) -> None:
    import tifffile

    ome = name.endswith((".ome.tif", ".ome.tiff"))
    options: dict[str, Any] = {
        "dtype": np.uint8,
        "photometric": "rgb",
        "tile": (TILE, TILE),
        "compression": "jpeg",
        "compressionargs": {"level": _QUALITY},
        "maxworkers": 1,
    }
    first = _first_level(name, size, len(layout.pictures)) if not ome else _first_ome_level(len(layout.pictures))
    with tifffile.TiffWriter(path, bigtiff=True, ome=ome, shaped=False) as writer:
        for level in range(len(layout.pictures)):
            width, height = max(1, size[0] >> level), max(1, size[1] >> level)
            own = first if level == 0 else {"subfiletype": 1, "metadata": None}
            tiles = _tiles(layout.tile, level, width, height)
            writer.write(tiles, shape=(height, width, 3), **options, **own)


def _tiles(
    tile: Callable[[int, int, int], NDArray[np.uint8]], level: int, width: int, height: int
) -> Iterator[NDArray[np.uint8]]:
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            yield tile(level, x, y)


def _first_ome_level(levels: int) -> dict[str, Any]:
    unit = "\u00b5m"
    sizes = {f"PhysicalSize{axis}": MPP for axis in "XY"} | {f"PhysicalSize{axis}Unit": unit for axis in "XY"}
    return {"subifds": levels - 1, "metadata": {"axes": "YXS", **sizes}}


def _first_level(name: str, size: tuple[int, int], levels: int) -> dict[str, Any]:
    if name.endswith(".svs"):
        text = f"Aperio Image Library v12.0.0\r\n{size[0]}x{size[1]} ({TILE}x{TILE}) JPEG/RGB|AppMag = 40|MPP = {MPP}"
        return {"description": text, "metadata": None}
    per_centimetre = 10_000 / MPP
    return {"resolution": (per_centimetre, per_centimetre), "resolutionunit": "CENTIMETER", "metadata": None}
