"""Contact sheets of crops under suspicion: the picture, its name, the given label and the suggested one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from nucleoscope.evaluation.plots.colours import FAINT, INK, class_colours
from nucleoscope.evaluation.plots.sheet import (
    BOLD,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    line_height,
    new_sheet,
    shorten,
    wrap,
    write_sheet,
)

COLUMNS, ROWS = 5, 4
PER_SHEET = COLUMNS * ROWS

# Inches. The sheet is as wide as the explanation page, and no taller.
_WIDTH, _MARGIN, _GAP = 10.3, 0.35, 0.22
_COLUMN = (_WIDTH - 2 * _MARGIN + _GAP) / COLUMNS
_TEXT = _COLUMN - _GAP
_SIDE = _TEXT  # of a picture
_SQUARE = 0.11
_LINE = line_height(SMALL_SIZE)
_PITCH = _SIDE + 5 * _LINE + 0.22


@dataclass(frozen=True)
class Card:
    """One crop on a sheet.

    Attributes:
        image: (H, W, 3) uint8.
        name: of the crop.
        given: class of its label, in 0..C-1.
        suggested: class that the model takes it for.
        probability_given: of the label, as the model sees it, 0..1.
        probability_suggested: of the suggested class.
    """

    image: NDArray[np.uint8]
    name: str
    given: int
    suggested: int
    probability_given: float
    probability_suggested: float


@dataclass(frozen=True)
class Words:
    """What a sheet says about all of its crops: above them, and underneath."""

    title: str
    subtitle: str
    note: str


def plot_contact_sheet(path: Path, cards: Sequence[Card], classes: tuple[str, ...], words: Words) -> None:
    """Draw one sheet.

    Args:
        path: of the PNG.
        cards: from 1 to `PER_SHEET` crops, row by row.
        classes: C names.
        words: of the sheet.
    """
    assert 1 <= len(cards) <= PER_SHEET, len(cards)
    sheet = _Sheet(len(cards), words)
    colours = class_colours(len(classes))
    for place, card in enumerate(cards):
        sheet.draw(place, card, classes, colours)
    write_sheet(path, sheet.figure)


class _Sheet:
    """A sheet laid out in inches from its top left corner."""

    def __init__(self, cards: int, words: Words) -> None:
        title = wrap(words.title, _WIDTH - 2 * _MARGIN, BOLD * TITLE_SIZE)
        subtitle = wrap(words.subtitle, _WIDTH - 2 * _MARGIN, TEXT_SIZE)
        note = wrap(words.note, _WIDTH - 2 * _MARGIN, TEXT_SIZE)
        under = 0.3 + line_height(TITLE_SIZE) * (title.count("\n") + 1) + 0.06
        self.top = under + line_height(TEXT_SIZE) * (subtitle.count("\n") + 1) + 0.2
        bottom = self.top + -(-cards // COLUMNS) * _PITCH
        self.height = bottom + line_height(TEXT_SIZE) * (note.count("\n") + 1) + 0.25
        self.figure: Figure = new_sheet(_WIDTH, self.height)
        self.write(_MARGIN, 0.3, title, TITLE_SIZE, weight="bold")
        self.write(_MARGIN, under, subtitle, TEXT_SIZE)
        self.write(_MARGIN, bottom, note, TEXT_SIZE)

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> None:
        """Text with its upper left corner at x, y."""
        style = {"verticalalignment": "top", "color": INK, "linespacing": 1.2, **style}
        self.figure.text(x / _WIDTH, 1 - y / self.height, text, fontsize=size, **style)

    def draw(self, place: int, card: Card, classes: tuple[str, ...], colours: tuple[str, ...]) -> None:
        """One crop with its words underneath."""
        x = _MARGIN + (place % COLUMNS) * _COLUMN
        y = self.top + (place // COLUMNS) * _PITCH
        box = (x / _WIDTH, 1 - (y + _SIDE) / self.height, _SIDE / _WIDTH, _SIDE / self.height)
        axes = self.figure.add_axes(box, anchor="SW")
        axes.imshow(card.image, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set(color=FAINT, linewidth=0.6)
        y += _SIDE + 0.06
        self.write(x, y, shorten(card.name, _TEXT, BOLD * SMALL_SIZE), SMALL_SIZE, weight="bold")
        facts = (
            ("label", card.given, card.probability_given),
            ("suggested", card.suggested, card.probability_suggested),
        )
        for line, (role, label, probability) in enumerate(facts):
            self.write_class(x, y + (1 + 2 * line) * _LINE, classes[label], colours[label])
            self.write(x + _SQUARE + 0.07, y + (2 + 2 * line) * _LINE, f"{role}: {_percent(probability)}", SMALL_SIZE)

    def write_class(self, x: float, y: float, name: str, colour: str) -> None:
        """The name of a class behind a square in its colour."""
        corner = (x / _WIDTH, 1 - (y + 0.03 + _SQUARE) / self.height)
        self.figure.add_artist(
            Rectangle(corner, _SQUARE / _WIDTH, _SQUARE / self.height, facecolor=colour, edgecolor=INK, linewidth=0.4)
        )
        indent = _SQUARE + 0.07
        # Names with and without tall letters stand on one line.
        style = {"verticalalignment": "baseline"}
        self.write(x + indent, y + 0.03 + _SQUARE, shorten(name, _TEXT - indent, SMALL_SIZE), SMALL_SIZE, **style)


def _percent(probability: float) -> str:
    """A probability in percent that is never rounded to certainty."""
    return "below 0.1%" if probability < 0.001 else "above 99.9%" if probability > 0.999 else f"{probability:.1%}"
