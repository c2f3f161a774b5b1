"""The sheet that every picture is drawn on: title on top, words underneath, room for the axes between."""

import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import INK
from nucleoscope.files import replacing

DPI = 150
TITLE_SIZE = 15.0  # points, as all sizes of type here
TEXT_SIZE = 11.0
SMALL_SIZE = 9.5
BOLD = 1.18  # how much wider bold type is

_MARGIN = 0.3  # inches
_LINE = 1.45  # times the size of the type
_LETTER = 0.53  # mean width of a letter of DejaVu Sans, times its size
_POINTS = 72.0  # an inch


def describe(protocol: Protocol, crops: int, part: str) -> str:
    """What an accuracy in a picture was measured on; no picture with an accuracy goes without it."""
    meaning = "no tile on both sides" if protocol is Protocol.TILES else "crops split at random"
    return f"Protocol {protocol}: {meaning}. {crops:,} {part} crops."


def new_sheet(width: float, height: float) -> Figure:
    """An empty white figure of so many inches, without pyplot and its global state."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def lay_out(figure: Figure, title: str, subtitle: str, words: str) -> None:
    """Write title, subtitle and the words underneath, and give the axes what is left."""
    _, height = figure.get_size_inches()
    top = _write(figure, title, TITLE_SIZE, height - _MARGIN, weight="bold")
    top = _write(figure, subtitle, TEXT_SIZE, top, weight="normal")
    bottom = _MARGIN + _height(_wrap(figure, words, TEXT_SIZE), TEXT_SIZE)
    _write(figure, words, TEXT_SIZE, bottom, weight="normal")
    low, high = (bottom + 0.1) / height, (top - 0.1) / height
    figure.set_layout_engine("constrained", rect=(0.01, low, 0.98, high - low))


def write_sheet(path: Path, figure: Figure) -> None:
    """Write a PNG in one step."""
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=DPI)


def style(axes: Axes, title: str, x: str, y: str) -> None:
    """Title, names of the axes, a faint grid, and no frame where nothing is measured."""
    axes.set_title(title, fontsize=TEXT_SIZE + 1, color=INK, loc="left")
    axes.set_xlabel(x, fontsize=TEXT_SIZE, color=INK)
    axes.set_ylabel(y, fontsize=TEXT_SIZE, color=INK)
    axes.tick_params(labelsize=TEXT_SIZE - 1, colors=INK)
    axes.grid(visible=True, color="#D9DCE2", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def wrap(text: str, inches: float, size: float) -> str:
    """Break text into lines that fit a width at a size of type; a word that is too long is broken."""
    return textwrap.fill(text, max(8, int(inches * _POINTS / (_LETTER * size))))


def shorten(name: str, inches: float, size: float) -> str:
    """A name that fits a width at a size of type; of one that is too long, its two ends."""
    letters = max(8, int(inches * _POINTS / (_LETTER * size)))
    half = (letters - 3) // 2
    return name if len(name) <= letters else f"{name[:half]}...{name[-half:]}"


def text_width(text: str, size: float) -> float:
    """About how many inches the longest line of a text takes."""
    return max(len(line) for line in text.split("\n")) * _LETTER * size / _POINTS


def line_height(size: float) -> float:
    """Inches from one line of text to the next."""
    return size * _LINE / _POINTS


def fitting_size(text: str, inches: float) -> float:
    """The size of type at which the lines of a text fill so many inches of height."""
    return inches * _POINTS / (_LINE * (text.count("\n") + 1))


def _wrap(figure: Figure, text: str, size: float) -> str:
    width, _ = figure.get_size_inches()
    return "\n".join(wrap(paragraph, width - 2 * _MARGIN, size) for paragraph in text.splitlines())


def _height(text: str, size: float) -> float:
    return (text.count("\n") + 1) * line_height(size) if text else 0.0


def _write(figure: Figure, text: str, size: float, top: float, *, weight: str) -> float:
    """Write text, its upper edge `top` inches above the bottom of the sheet; returns where its lower edge is."""
    width, height = figure.get_size_inches()
    lines = _wrap(figure, text, BOLD * size if weight == "bold" else size)
    figure.text(
        _MARGIN / width,
        top / height,
        lines,
        fontsize=size,
        color=INK,
        weight=weight,
        verticalalignment="top",
        linespacing=_LINE / 1.2,
    )
    return float(top - _height(lines, size))
