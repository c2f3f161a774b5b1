"""What is right without the nucleus, and with nothing but the nucleus, by how much is erased."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from nucleoscope.report.charts.canvas import Box, Canvas, percent
from nucleoscope.report.charts.scale import Scale

_BOX = Box(400, 280)


def draw_erasing(nucleus: Mapping[str, Any], title: str) -> Markup:
    """Draw both lines and what always naming the largest class gives, from the content of `nucleus.json`."""
    lines = {
        "erased": [(0.0, nucleus["whole"]["accuracy"]), *_points(nucleus["centre_erased"])],
        "alone": _points(nucleus["centre_only"]),
    }
    ends = [value for points in lines.values() for _, value in points] + [nucleus["chance"]]
    low = max(0.0, min(ends) - 0.08)
    canvas = Canvas(
        _BOX,
        Scale(-0.01, 0.52),
        Scale(low, min(1.0, max(ends) + 0.05)),
        f"Accuracy of {title} with the central disc erased, and with the central disc alone, by its radius",
    )
    canvas.y_axis(percent)
    canvas.x_axis("radius of the disc, share of the crop's side", percent, [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    canvas.line([(-0.01, nucleus["chance"]), (0.52, nucleus["chance"])], "chance")
    for style, points in lines.items():
        canvas.line(points, style)
        what = "with the disc erased" if style == "erased" else "with the disc alone"
        for radius, right in points:
            canvas.dot((radius, right), style, f"{right:.1%} right {what}, radius {radius:.0%} of the side")
    return canvas.markup()


def _points(hits: list[dict[str, float]]) -> list[tuple[float, float]]:
    return [(each["radius"], each["accuracy"]) for each in hits]
