"""Accuracies with their intervals, a row a model, and the gap between the protocols."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nucleoscope.data.splits import Protocol
from nucleoscope.report.charts.canvas import Box, Canvas, Point, percent
from nucleoscope.report.charts.scale import scale_around

_ROW = 68  # pixels
_NAMES = 64  # pixels of the column with the names
_LIFT = 6  # pixels
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
    middle = top + 32
    canvas.write((0, middle + 4), name, "row-name")
    # Two protocols lie one above the other, so that their intervals are told apart.
    lift = {Protocol.RANDOM: -_LIFT, Protocol.TILES: _LIFT} if len(bars) == 2 else {}
    places = {bar.protocol: (canvas.at((bar.accuracy, 0))[0], middle + lift.get(bar.protocol, 0)) for bar in bars}
    if len(bars) == 2:
        _draw_gap(canvas, places, {bar.protocol: bar.accuracy for bar in bars})
    for bar in bars:
        across, down = places[bar.protocol]
        if bar.interval:
            low, high = (canvas.at((end, 0))[0] for end in bar.interval)
            canvas.add("line", f"interval {bar.protocol}", bar.quoted, x1=low, x2=high, y1=down, y2=down)
        canvas.add("circle", f"dot {bar.protocol}", bar.quoted, cx=across, cy=down, r=6.0)
        above = bar.protocol is Protocol.RANDOM and len(bars) == 2
        canvas.write((across, down + (-11 if above else 20)), f"{bar.accuracy:.1%}", "value", "middle")


def _draw_gap(canvas: Canvas, places: dict[Protocol, Point], reached: dict[Protocol, float]) -> None:
    """The line from one protocol to the other, and how many points it is long where there is room to say it."""
    (left, upper), (right, lower) = places[Protocol.RANDOM], places[Protocol.TILES]
    canvas.add("line", "gap", x1=left, x2=right, y1=upper, y2=lower)
    if abs(left - right) > _WORDY:
        gap = f"{100 * (reached[Protocol.RANDOM] - reached[Protocol.TILES]):.1f} points"
        canvas.write(((left + right) / 2, (upper + lower) / 2 - 12), gap, "value gap-name halo", "middle")
