"""The axis of one hyper-parameter: categories, even or logarithmic, as its values ask for."""

import statistics
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

_FEW = 6  # up to so many values, where they repeat, are categories
_WIDE = 8.0  # ratio of the largest to the smallest value from which on the axis may be logarithmic
_CROWDED = 0.35  # of the range: an axis whose lowest such share holds half of the values is

Value = float | int | str


def place_parameter(axes: Axes, values: Mapping[int, Value]) -> dict[int, float]:
    """Prepare the x axis for these values and say where on it each belongs.

    Args:
        axes: of the panel.
        values: what each trial tried, by its number.

    Returns:
        The place on the axis of each trial, by its number.
    """
    distinct = set(values.values())
    words = any(isinstance(value, str) for value in distinct)
    if words or len(distinct) <= max(1, min(_FEW, len(values) - 1)):
        order = sorted(distinct, key=str if words else float)
        axes.set_xticks(range(len(order)), [_show(value) for value in order])
        axes.set_xlim(-0.5, len(order) - 0.5)
        return {number: float(order.index(value)) for number, value in values.items()}
    places = {number: float(value) for number, value in values.items()}
    low, high = min(places.values()), max(places.values())
    middle = statistics.median(places.values())
    if low > 0 and high / low >= _WIDE and middle - low < _CROWDED * (high - low):
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4))
    return places


def _show(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:g}"
