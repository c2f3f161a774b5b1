"""The errors that remain, sorted by what they look like from outside: a table, and a picture of some of each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial.distance import cdist

from nucleoscope.files import replacing
from tissue.material import Material
from tissue.pooled import Pooled
from tissue.scores import to_probabilities

CAUSES = (
    "a tile's whole class is taken for another",
    "its neighbours are of the class it is taken for",
    "the model is not sure",
    "none of these: a single nucleus, and the model is sure",
)
_WHOLE, _CROPS = 0.5, 10  # share of a tile's class that is wrong, and crops that it takes to say so
_NEAR = 60.0  # pixels
_SURE = 0.6
_COLUMNS, _ROWS = 12, 2
_COLOURS = 256  # of the palette, so that the picture stays small


@dataclass(frozen=True)
class Errors:
    """Crops that are taken for another class.

    Attributes:
        crop: (E,) positions among all crops.
        predicted: (E,) class that each is taken for.
        cause: (E,) positions in `CAUSES`, the first that holds.
    """

    crop: NDArray[np.int64]
    predicted: NDArray[np.int64]
    cause: NDArray[np.int64]


def sort_errors(pooled: Pooled, material: Material) -> Errors:
    """The wrong ones among pooled crops and what goes with each."""
    probabilities = to_probabilities(pooled.logits)
    predicted, labels = probabilities.argmax(axis=1), material.labels[pooled.held]
    wrong = predicted != labels
    group = material.tile[pooled.held] * len(material.classes) + labels
    _, inverse, counts = np.unique(group, return_inverse=True, return_counts=True)
    whole = (np.bincount(inverse, wrong) / counts >= _WHOLE) & (counts >= _CROPS)
    crop = pooled.held[wrong]
    cause = np.select(
        [whole[inverse[wrong]], _among(crop, predicted[wrong], material), probabilities[wrong].max(axis=1) < _SURE],
        [0, 1, 2],
        default=3,
    )
    return Errors(crop, predicted[wrong], cause)


def _among(crop: NDArray[np.int64], predicted: NDArray[np.int64], material: Material) -> NDArray[np.bool_]:
    """Whether most labelled nuclei near each crop are of the class that it is taken for, (E,)."""
    found = np.zeros(len(crop), np.bool_)
    for number in np.unique(material.tile[crop]):
        own = np.flatnonzero(material.tile[crop] == number)
        others = np.flatnonzero(material.tile == number)
        near = cdist(material.corner[crop[own]], material.corner[others]) < _NEAR
        near &= crop[own][:, None] != others[None, :]
        same = near & (material.labels[others][None, :] == predicted[own][:, None])
        found[own] = same.sum(axis=1) > near.sum(axis=1) / 2
    return found


def errors_table(errors: Errors, material: Material) -> str:
    """A line a cause: how many, on how many tiles, and the commonest confusion."""
    lines = ["| what they have in common | crops | share | tiles | most often |", "|---|---|---|---|---|"]
    for number, cause in enumerate(CAUSES):
        own = errors.cause == number
        pairs = material.labels[errors.crop[own]] * len(material.classes) + errors.predicted[own]
        often, times = np.unique(pairs, return_counts=True)
        most = int(often[times.argmax()]) if own.any() else 0
        true, taken = (material.classes[part] for part in divmod(most, len(material.classes)))
        words = f"{true}, taken for {taken} ({times.max():,})" if own.any() else ""
        tiles = len(np.unique(material.tile[errors.crop[own]]))
        lines.append(f"| {cause} | {own.sum():,} | {own.mean():.0%} | {tiles} | {words} |")
    return "\n".join(lines)


def draw_errors(path: Path, errors: Errors, material: Material) -> None:
    """Two rows of crops for each cause, drawn at random, each with its label and what it is taken for."""
    rows = len(CAUSES) * _ROWS
    figure = Figure(figsize=(_COLUMNS * 1.15, rows * 1.5 + 0.6), layout="constrained", dpi=90)
    parts = figure.subfigures(len(CAUSES), 1)
    random = np.random.default_rng(0)
    for number, (cause, part) in enumerate(zip(CAUSES, parts, strict=True)):
        own = np.flatnonzero(errors.cause == number)
        part.suptitle(f"{cause.capitalize()} ({len(own):,} crops)", x=0.01, ha="left", fontsize=12, fontweight="bold")
        shown = random.permutation(own)[: _COLUMNS * _ROWS]
        for place, axes in enumerate(part.subplots(_ROWS, _COLUMNS).flat):
            axes.set_axis_off()
            if place < len(shown):
                _draw(axes, errors, int(shown[place]), material)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
        Image.open(temporary).convert("RGB").quantize(_COLOURS).save(temporary, format="png", optimize=True)


def _draw(axes: Axes, errors: Errors, number: int, material: Material) -> None:
    crop = errors.crop[number]
    axes.imshow(material.images[crop])
    true, taken = (material.classes[label].split()[0] for label in (material.labels[crop], errors.predicted[number]))
    axes.set_title(f"{true}\ntaken for {taken}", fontsize=7)
