import pytest

from nucleoscope.evaluation.plots.colours import class_colours


def test_first_colours_are_okabe_and_itos():
    assert class_colours(4) == ("#E69F00", "#56B4E9", "#009E73", "#F0E442")
    assert class_colours(8)[-1] == "#000000"


@pytest.mark.parametrize("count", [0, 1, 2, 8, 9, 20, 40])
def test_as_many_different_colours_as_classes(count):
    colours = class_colours(count)
    assert len(set(colours)) == len(colours) == count
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)


def test_a_class_keeps_its_colour_when_others_come():
    assert class_colours(30)[:9] == class_colours(9)
