"""Contact sheets are drawn whole, with every name, class and probability on them."""

import numpy as np
import pytest
from PIL import Image

from nucleoscope.evaluation.plots import contact_sheet
from nucleoscope.evaluation.plots.colours import class_colours
from nucleoscope.evaluation.plots.contact_sheet import PER_SHEET, Card, Words, plot_contact_sheet
from nucleoscope.evaluation.plots.sheet import write_sheet

LONG = "a class whose name is much longer than anybody would like it to be"
WORDS = Words("Labels that are likely wrong", "Suspects 1 to 3. " * 12, "Look at them. Research use only.")


@pytest.fixture
def figures(monkeypatch):
    """The figures that were written."""
    seen = []

    def write_and_keep(path, figure):
        write_sheet(path, figure)
        seen.append(figure)

    monkeypatch.setattr(contact_sheet, "write_sheet", write_and_keep)
    return seen


def card(number, size=(32, 32), **changes):
    image = np.random.default_rng(number).integers(0, 200, (*size, 3)).astype(np.uint8)
    facts = {"given": 0, "suggested": 1, "probability_given": 0.021, "probability_suggested": 0.9} | changes
    return Card(image, f"{number}.png", **facts)


@pytest.mark.parametrize("cards", [1, 5, 6, PER_SHEET])
def test_a_sheet_is_as_tall_as_its_crops_need_and_nothing_is_cut_off(tmp_path, figures, cards):
    plot_contact_sheet(tmp_path / "s.png", [card(number) for number in range(cards)], (LONG, "b"), WORDS)
    picture = np.asarray(Image.open(tmp_path / "s.png").convert("L"))
    width, height = figures[0].get_size_inches()
    assert picture.shape == (int(height * 150), int(width * 150))
    assert height < 14.8
    rim = np.concatenate(
        [picture[:20].ravel(), picture[-20:].ravel(), picture[:, :20].ravel(), picture[:, -20:].ravel()]
    )
    assert rim.min() == 255, "something is cut off"
    assert len(figures[0].axes) == cards
    renderer = figures[0].canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figures[0].texts]
    overlapping = [
        (one, other)
        for i, one in enumerate(boxes)
        for other in boxes[i + 1 :]
        if min(one.x1, other.x1) - max(one.x0, other.x0) > 1 and min(one.y1, other.y1) - max(one.y0, other.y0) > 1
    ]
    assert not overlapping


def test_each_crop_is_named_with_both_classes_and_their_probabilities(tmp_path, figures):
    cards = [card(1), card(2, given=2, suggested=0, probability_given=0.0002, probability_suggested=0.9997)]
    plot_contact_sheet(tmp_path / "s.png", cards, ("muscle", "leukocyte", "c"), WORDS)
    texts = [text.get_text() for text in figures[0].texts]
    assert "Labels that are likely wrong" in texts
    assert texts[3:8] == ["1.png", "muscle", "label: 2.1%", "leukocyte", "suggested: 90.0%"]
    assert texts[8:] == ["2.png", "c", "label: below 0.1%", "muscle", "suggested: above 99.9%"]
    colours = class_colours(3)
    squares = [patch.get_facecolor()[:3] for patch in figures[0].artists]
    expected = [colours[i] for i in (0, 1, 2, 0)]
    assert [f"#{''.join(f'{round(c * 255):02X}' for c in square)}" for square in squares] == expected
    assert np.array_equal(figures[0].axes[1].images[0].get_array(), cards[1].image)


def test_oblong_crops_keep_their_shape(tmp_path, figures):
    plot_contact_sheet(tmp_path / "s.png", [card(1, size=(24, 48))], ("a", "b"), WORDS)
    box = figures[0].axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(2, rel=0.05)
