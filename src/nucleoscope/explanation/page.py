"""A page of explanations: crops by rows, methods by columns, one colour scale for each method."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from scipy.ndimage import gaussian_filter

from nucleoscope.evaluation.plots.colours import FAINT, INK, class_colours
from nucleoscope.evaluation.plots.sheet import (
    BOLD,
    SMALL_SIZE,
    TEXT_SIZE,
    TITLE_SIZE,
    fitting_size,
    line_height,
    new_sheet,
    shorten,
    wrap,
    write_sheet,
)
from nucleoscope.explanation.attributions import NAMES, Method
from nucleoscope.explanation.explanation import Explanation

# Inches. The sheet is A4 enlarged by a quarter, so that it is printed at 80 %.
_WIDTH, _TALLEST = 10.3, 14.6
_MARGIN, _GAP, _UNDER = 0.35, 0.14, 0.2
_HEADER, _FOOTER = 1.2, 2.3  # the header without its title
_NARROWEST, _WIDEST = 1.4, 1.64  # of a column: the units of its scale must fit; three inches of text must

_UNITS = {
    Method.OCCLUSION: "logit lost\nwhen covered",
    Method.INTEGRATED_GRADIENTS: "logit per pixel,\nfrom white",
    Method.GRAD_CAM: "weighted features,\nno unit",
}


@dataclass(frozen=True)
class Heading:
    """What the page says about all of its crops.

    Attributes:
        title: names the model.
        subtitle: protocol, crops to choose from, intended use.
        note: more words at the bottom.
    """

    title: str
    subtitle: str
    note: str


def robust_scales(explanations: Sequence[Explanation]) -> dict[Method, float]:
    """For each method the 99th percentile of the absolute values of all crops together, so that pages compare.

    Where more than 99 % of the values are 0 it is the largest value, and 1 where all are.
    """
    scales = {}
    for method in Method:
        maps = [np.abs(explanation.maps[method]) for explanation in explanations if method in explanation.maps]
        if maps:
            values = np.stack(maps)
            scales[method] = float(np.percentile(values, 99)) or float(values.max()) or 1.0
    return scales


def plot_page(
    path: Path,
    explanations: Sequence[Explanation],
    classes: tuple[str, ...],
    scales: dict[Method, float],
    heading: Heading,
) -> None:
    """Draw one page.

    Args:
        path: of the PNG.
        explanations: a row each, grouped by class; at least one.
        classes: C names.
        scales: the largest value of the colour scale of each method that has a column.
        heading: of the page.
    """
    page = _Page(len(explanations), list(scales), heading)
    page.write_header()
    for row, explanation in enumerate(explanations):
        page.write_row(row, explanation, classes)
        page.draw_crop(row, explanation)
        for column, method in enumerate(scales, start=1):
            page.draw_map(row, column, explanation, method, scales[method])
    page.draw_classes([explanation.chosen.true for explanation in explanations], class_colours(len(classes)))
    for column, method in enumerate(scales, start=1):
        page.draw_scale(column, method, scales[method])
    page.write_footer()
    write_sheet(path, page.figure)


def colours_of(method: Method) -> Colormap:
    """Red speaks for the class, blue against it; Grad-CAM only has what speaks for it."""
    return colormaps["Reds" if method is Method.GRAD_CAM else "RdBu_r"]


def scale_of(method: Method, scale: float) -> Normalize:
    """Values to 0..1 for `colours_of`, whose ends are at the given value."""
    return Normalize(0.0 if method is Method.GRAD_CAM else -scale, scale)


class _Page:
    """A sheet laid out in inches from its top left corner; the text is left of the pictures."""

    def __init__(self, rows: int, methods: list[Method], heading: Heading) -> None:
        self.methods = methods
        self.heading = heading
        self.title = wrap(heading.title, _WIDTH - 2 * _MARGIN, BOLD * TITLE_SIZE)
        self.top = _HEADER + line_height(TITLE_SIZE) * (self.title.count("\n") + 1)
        self.pitch = min(_WIDEST + _UNDER, (_TALLEST - self.top - _FOOTER) / rows)
        self.side = self.pitch - _GAP - _UNDER
        self.step = max(_NARROWEST, self.side + _GAP)
        self.text = _WIDTH - 2 * _MARGIN - (1 + len(Method)) * self.step
        self.bottom = self.top + rows * self.pitch
        self.height = self.bottom + _FOOTER
        self.figure: Figure = new_sheet(_WIDTH, self.height)

    def write(self, x: float, y: float, text: str, size: float = TEXT_SIZE, **style: Any) -> None:
        """Text with its upper left corner at x, y, unless the style says otherwise."""
        style = {"verticalalignment": "top", "color": INK, **style}
        self.figure.text(x / _WIDTH, 1 - y / self.height, text, fontsize=size, **style)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner is at x, y."""
        box = (x / _WIDTH, 1 - (y + height) / self.height, width / _WIDTH, height / self.height)
        return self.figure.add_axes(box)

    def place(self, row: int, column: int) -> tuple[float, float]:
        """Upper left corner of a picture."""
        return _MARGIN + self.text + column * self.step + (self.step - self.side) / 2, self.top + row * self.pitch

    def write_header(self) -> None:
        """Title, subtitle, and the headings of the columns."""
        self.write(_MARGIN, 0.3, self.title, TITLE_SIZE, weight="bold")
        under = self.top - _HEADER + 0.35
        self.write(_MARGIN, under, wrap(self.heading.subtitle, _WIDTH - 2 * _MARGIN, TEXT_SIZE))
        for column, name in enumerate(["Crop", *(NAMES[method] for method in self.methods)]):
            x, y = self.place(0, column)
            style = {"horizontalalignment": "center", "verticalalignment": "bottom", "weight": "bold"}
            self.write(x + self.side / 2, y - 0.08, name.replace(" ", "\n"), TEXT_SIZE, **style)

    def write_row(self, row: int, explanation: Explanation, classes: tuple[str, ...]) -> None:
        """Why this crop, what it is, what it was taken for, and its name."""
        chosen = explanation.chosen
        facts = (
            f"true: {classes[chosen.true]}",
            f"predicted: {classes[chosen.predicted]}",
            f"probability: {chosen.probability:.1%}",
            shorten(explanation.name, self.text - 0.3, TEXT_SIZE),
        )
        text = "\n".join(wrap(fact, self.text - 0.3, TEXT_SIZE) for fact in facts)
        size = min(TEXT_SIZE, fitting_size(text, self.pitch - 0.24))
        y = self.top + row * self.pitch
        self.write(_MARGIN + 0.22, y, chosen.reason.capitalize(), TEXT_SIZE, weight="bold")
        self.write(_MARGIN + 0.22, y + 0.24, text, size)

    def draw_classes(self, true: list[int], colours: tuple[str, ...]) -> None:
        """A bar in the colour of the class at the left of each row."""
        for row, label in enumerate(true):
            joined = row + 1 < len(true) and true[row + 1] == label
            height = self.pitch if joined else self.side + _UNDER
            y = 1 - (self.top + row * self.pitch + height) / self.height
            corner = (_MARGIN / _WIDTH, y)
            self.figure.add_artist(
                Rectangle(corner, 0.09 / _WIDTH, height / self.height, color=colours[label], linewidth=0)
            )

    def draw_crop(self, row: int, explanation: Explanation) -> None:
        """The crop, with a ring around its centre."""
        axes = self.axes(*self.place(row, 0), self.side, self.side)
        axes.imshow(explanation.image, interpolation="nearest")
        for colour, width in (("black", 2.4), ("white", 1.2)):
            _ring(axes, explanation, colour, width)
        _unframe(axes)

    def draw_map(self, row: int, column: int, explanation: Explanation, method: Method, scale: float) -> None:
        """A map in the exact colours of its scale, with outlines of what is dark in the crop, to find one's way."""
        values = explanation.maps[method]
        axes = self.axes(*self.place(row, column), self.side, self.side)
        axes.imshow(values, cmap=colours_of(method), norm=scale_of(method, scale), interpolation="nearest")
        _outline(axes, explanation)
        _ring(axes, explanation, INK, 1.2)
        _unframe(axes)
        share = explanation.central_share(method)
        axes.set_xlabel(
            "all zero" if share is None else f"{share:.0%} in ring", fontsize=SMALL_SIZE, color=INK, labelpad=2
        )

    def draw_scale(self, column: int, method: Method, scale: float) -> None:
        """The colour scale of a method under its column."""
        x, _ = self.place(0, column)
        width = self.step - _GAP
        axes = self.axes(x + (self.side - width) / 2, self.bottom + 0.12, width, 0.14)
        mappable = ScalarMappable(scale_of(method, scale), colours_of(method))
        ticks = [0.0, scale] if method is Method.GRAD_CAM else [-scale, 0.0, scale]
        bar = self.figure.colorbar(mappable, cax=axes, orientation="horizontal", ticks=ticks)
        bar.ax.set_xticklabels([f"{tick:.2g}" for tick in ticks], fontsize=SMALL_SIZE, color=INK)
        # The end labels stay within the bar, or they would run into those of its neighbour.
        bar.ax.get_xticklabels()[0].set_horizontalalignment("left")
        bar.ax.get_xticklabels()[-1].set_horizontalalignment("right")
        bar.ax.tick_params(length=3)
        bar.set_label(_UNITS[method], fontsize=SMALL_SIZE, color=INK)

    def write_footer(self) -> None:
        """What the colours mean, beside the scales, and the note across the page."""
        legend = "red: speaks for the predicted class\nblue: speaks against it\nbeyond the scale: as at its end"
        self.write(_MARGIN, self.bottom + 0.12, legend, SMALL_SIZE)
        self.write(_MARGIN, self.bottom + 1.0, wrap(self.heading.note, _WIDTH - 2 * _MARGIN, SMALL_SIZE), SMALL_SIZE)


def _ring(axes: Axes, explanation: Explanation, colour: str, width: float) -> None:
    height, breadth = explanation.image.shape[:2]
    centre = ((breadth - 1) / 2, (height - 1) / 2)
    axes.add_patch(
        Circle(centre, explanation.radius * min(height, breadth), fill=False, edgecolor=colour, linewidth=width)
    )


def _outline(axes: Axes, explanation: Explanation) -> None:
    """Grey lines around what is darker than halfway between the darkest and the lightest of the smoothed crop."""
    grey = gaussian_filter(explanation.image.mean(axis=2), sigma=explanation.image.shape[0] / 60)
    low, high = np.percentile(grey, [2, 98])
    if high - low > 1:
        axes.contour(grey, levels=[(low + high) / 2], colors=[FAINT], linewidths=0.8)


def _unframe(axes: Axes) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(color=FAINT, linewidth=0.6)
