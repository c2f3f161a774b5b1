"""Mosaics and the picture of the leak: whole, with a legend of what occurs, and words that are true."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nucleoscope.data.overlap.mosaic import lay_out
from nucleoscope.evaluation.plots import leak, mosaic
from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.evaluation.plots.leak import Neighbours, describe_pair, plot_leak
from nucleoscope.evaluation.plots.mosaic import Nuclei, plot_mosaic
from nucleoscope.evaluation.plots.sheet import write_sheet

CLASSES = ("normal epithelium", "cancer epithelium", "a class whose name is much longer than anybody would like")


@pytest.fixture
def figures(monkeypatch):
    """The figures that were written."""
    seen: list[Figure] = []

    def write_and_keep(path, figure):
        write_sheet(path, figure)
        seen.append(figure)

    for module in (mosaic, leak):
        monkeypatch.setattr(module, "write_sheet", write_and_keep)
    return seen


def check(path, figure):
    """Nothing is cut off, and no text lies on another or on the picture; returns the words of the sheet."""
    picture = np.asarray(Image.open(path).convert("L"))
    rim = np.concatenate([picture[:3].ravel(), picture[-3:].ravel(), picture[:, :3].ravel(), picture[:, -3:].ravel()])
    assert rim.min() == 255, "something is cut off"
    boxes = [text.get_window_extent() for text in figure.texts] + [axes.get_window_extent() for axes in figure.axes]
    boxes += [axes.get_legend().get_window_extent() for axes in figure.axes if axes.get_legend()]
    for number, box in enumerate(boxes):
        for other in boxes[:number]:
            assert (
                min(box.x1, other.x1) - max(box.x0, other.x0) < 2 or min(box.y1, other.y1) - max(box.y0, other.y0) < 2
            )
    return " ".join(" ".join(text.get_text().split()) for text in figure.texts)


def tile(width, height, crops=12, longest=2000):
    random = np.random.default_rng(0)
    x, y = random.integers(0, width - 39, crops), random.integers(0, height - 39, crops)
    x[:2], y[:2] = (0, width - 40), (0, height - 40)
    pictures = random.integers(0, 256, (crops, 40, 40, 3), dtype=np.uint8)
    return lay_out(x, y, (40, 40), pictures, longest)


@pytest.mark.parametrize(("width", "height"), [(60, 60), (400, 80), (80, 400), (900, 700)])
def test_mosaic(tmp_path, figures, width, height):
    labels = np.array([0, 0, 1, 1, 1, 2, -1, -1, 0, 0, 0, 0])
    nuclei = Nuclei(labels, np.arange(12) < 3, "random split")
    plot_mosaic(tmp_path / "tile.png", tile(width, height), nuclei, CLASSES, "Tile 1 of 9")
    words = check(tmp_path / "tile.png", figures[0])
    assert words.startswith(f"Tile 1 of 9 10 labelled and 2 test crops; {width} x {height} pixels. Put together")
    axes = figures[0].axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "normal epithelium (6)",
        "cancer epithelium (3)",
        f"{CLASSES[2]} (1)",
        "test crop, class unknown (2)",
        "validation crop of the random split with pixels of a training crop (3)",
    ]
    drawn = {line.get_label(): line for line in axes.lines}
    assert drawn["cancer epithelium (3)"].get_markerfacecolor() == class_colours(3)[1]
    assert drawn["test crop, class unknown (2)"].get_markerfacecolor() == "none"


def test_dots_are_on_the_centres(tmp_path, figures):
    laid_out = tile(300, 200)
    plot_mosaic(tmp_path / "t.png", laid_out, Nuclei(np.zeros(12, np.int64), np.zeros(12, np.bool_), None), CLASSES, "")
    (dots,) = figures[0].axes[0].lines
    np.testing.assert_array_equal(np.stack(dots.get_data(), axis=1), laid_out.centres)
    assert figures[0].axes[0].images[0].get_extent() == [0, 300, 200, 0]


def test_a_mosaic_at_a_smaller_scale_says_so(tmp_path, figures):
    nuclei = Nuclei(np.full(12, -1), np.zeros(12, np.bool_), None)
    plot_mosaic(tmp_path / "tile.png", tile(900, 500, longest=300), nuclei, CLASSES, "Tile")
    words = check(tmp_path / "tile.png", figures[0])
    assert "900 x 500 pixels, of which one in 3 is shown in each direction." in words


def test_leak(tmp_path, figures):
    field = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    x, y = np.array([0, 30, 80]), np.array([10, 0, 50])
    pictures = np.stack([field[top : top + 40, left : left + 40] for left, top in zip(x, y, strict=True)])
    pair = Neighbours(pictures[:2], np.stack([x, y], axis=1)[:2])
    assert pair.common() == (30, 10, 10, 30)
    assert describe_pair(pair) == "The shaded 10 x 30 pixels are the same in both crops: 19% of each."
    plot_leak(tmp_path / "leak.png", lay_out(x, y, (40, 40), pictures), pair, "What leaks", "Synthetic.")
    words = check(tmp_path / "leak.png", figures[0])
    assert words == "What leaks The shaded 10 x 30 pixels are the same in both crops: 19% of each. Synthetic."
    titles = [axes.get_title(loc="left") for axes in figures[0].axes]
    assert titles == ["A tile, put together from its crops", "Training crop", "Validation crop"]
