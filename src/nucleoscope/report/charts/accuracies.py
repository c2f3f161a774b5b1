"""Accuracies with their intervals, a row a model, and the gap between the protocols."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nucleoscope.data.splits import Protocol
from nucleoscope.report.charts.canvas import Box, Canvas, percent
from nucleoscope.report.charts.scale import scale_around

_ROW = 58  # pixels
_NAMES = 64  # pixels of the column with the names
_WORDY = 110  # pixels of a gap, from which on words fit above it


@dataclass(frozen=True)
class Bar:
    """An accuracy.

    Attributes:
        protocol: under which it was measured.
        accuracy: fraction.
        interval: 95 %; None where too few tiles allow none.
        crops: it was measured on.
    """

    protocol: Protocol
    accuracy: float
    interval: tuple[float, float] | None
    crops: int

    @property
    def quoted(self) -> str:
        """With its protocol, interval and crops."""
        spread = (
            f"{self.interval[0]:.1%} to {self.interval[1]:.1%}" if self.interval else "too few tiles for an interval"
        )
        return f"{self.accuracy:.1%} ({spread}), {self.protocol} split, {self.crops:,} validation crops"


def draw_accuracies(rows: Sequence[tuple[str, Sequence[Bar]]]) -> Markup:
    """Draw a row for each name; where it has both protocols, a line between them with the points of difference."""
    ends = [end for _, bars in rows for bar in bars for end in (bar.accuracy, *(bar.interval or ()))]
    box = Box(400, _ROW * len(rows) + 48, left=_NAMES, right=20, top=4)
    words = "; ".join(f"{name}: {', '.join(bar.quoted for bar in bars)}" for name, bars in rows)
    canvas = Canvas(box, scale_around(ends, floor=0.0, top=1.0), scale_around([0, len(rows)]), f"Accuracy. {words}")
    for tick in canvas.x.ticks(6):
        across, _ = canvas.at((tick, 0))
        canvas.add("line", "grid", x1=across, x2=across, y1=box.top, y2=box.height - box.bottom)
    canvas.x_axis("accuracy, bar: 95 % interval", percent, canvas.x.ticks(6))
    for row, (name, bars) in enumerate(rows):
        _draw_row(canvas, box.top + row * _ROW, name, bars)
    return canvas.markup()


def _draw_row(canvas: Canvas, top: float, name: str, bars: Sequence[Bar]) -> None:
    """The name, and beside it the dots."""
    middle = top + 26
    canvas.write((0, middle + 4), name, "row-name")
    of = {bar.protocol: bar for bar in bars}
    if len(of) == 2:
        _draw_gap(canvas, middle, of[Protocol.RANDOM].accuracy, of[Protocol.TILES].accuracy)
    for bar in bars:
        across, _ = canvas.at((bar.accuracy, 0))
        if bar.interval:
            low, high = (canvas.at((end, 0))[0] for end in bar.interval)
            canvas.add("line", f"interval {bar.protocol}", bar.quoted, x1=low, x2=high, y1=middle, y2=middle)
        canvas.add("circle", f"dot {bar.protocol}", bar.quoted, cx=across, cy=middle, r=6.0)
        under = bar.protocol is Protocol.TILES or len(of) == 1  # two values side by side may meet
        canvas.write((across, middle + (20 if under else -11)), f"{bar.accuracy:.1%}", "value", "middle")


def _draw_gap(canvas: Canvas, middle: float, random: float, tiles: float) -> None:
    """The line from one protocol to the other, and how many points it is long where there is room to say it."""
    low, high = sorted(canvas.at((value, 0))[0] for value in (random, tiles))
    canvas.add("line", "gap", x1=low, x2=high, y1=middle, y2=middle)
    if high - low > _WORDY:
        gap = f"{100 * (random - tiles):.1f} points"
        canvas.write(((low + high) / 2, middle - 10), gap, "value gap-name halo", "middle")
