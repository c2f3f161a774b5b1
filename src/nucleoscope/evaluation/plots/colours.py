"""Colours that colour-blind readers tell apart: one for each class, the same one everywhere."""

# Okabe and Ito 2008, https://jfly.uni-koeln.de/color/, with black last, since it is also the colour of text.
ORANGE = "#E69F00"
SKY_BLUE = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
BLACK = "#000000"

INK = "#1F2430"  # text
FAINT = "#8A909C"  # what must be there but not be seen first

_HUES = (ORANGE, SKY_BLUE, GREEN, YELLOW, BLUE, VERMILLION, PURPLE)


def class_colours(count: int) -> tuple[str, ...]:
    """Colours "#RRGGBB" of so many classes, all different: Okabe and Ito's, then darker and lighter ones in turn."""
    colours = [*_HUES, BLACK]
    turn = 0
    while len(colours) < count:
        share = 0.9 ** (turn // 2) * 0.45
        target = 0 if turn % 2 == 0 else 255
        colours += [colour for colour in (_mix(hue, target, share) for hue in _HUES) if colour not in colours]
        turn += 1
    return tuple(colours[:count])


def _mix(colour: str, target: int, share: float) -> str:
    """A colour moved by a share towards black (0) or white (255)."""
    channels = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return "#" + "".join(f"{round(channel + (target - channel) * share):02X}" for channel in channels)
