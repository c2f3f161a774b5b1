"""Loss and accuracy by epoch."""

from collections.abc import Sequence

from markupsafe import Markup

from nucleoscope.report.charts.canvas import Box, Canvas, Format, percent, plain
from nucleoscope.report.charts.scale import Scale, scale_around
from nucleoscope.training.history import Epoch
from nucleoscope.tuning.importance import is_logarithmic

_BOX = Box(400, 250)
_MANY = 30  # epochs, above which dots would run into each other


def draw_losses(history: Sequence[Epoch], title: str) -> Markup:
    """Cross-entropy of training and validation crops."""
    trained, watched = [e.train_loss for e in history], [e.val_loss for e in history]
    if is_logarithmic([*trained, *watched]):
        scale = Scale(min(trained + watched) * 0.9, max(trained + watched) * 1.1, logarithmic=True)
    else:
        scale = Scale(0.0, 1.08 * max(trained + watched) or 1.0)
    return _draw(history, trained, watched, scale, plain, f"Loss of {title} by epoch")


def draw_accuracies(history: Sequence[Epoch], title: str) -> Markup:
    """Accuracy on training and validation crops."""
    trained, watched = [e.train_accuracy for e in history], [e.val_accuracy for e in history]
    scale = scale_around([*trained, *watched], floor=0.0, top=1.0)
    return _draw(history, trained, watched, scale, percent, f"Accuracy of {title} by epoch")


def _draw(
    history: Sequence[Epoch], trained: list[float], watched: list[float], scale: Scale, name: Format, label: str
) -> Markup:
    epochs = [epoch.epoch for epoch in history]
    last = f"; in the last epoch {name(_round(trained[-1]))} in training and {name(_round(watched[-1]))} in validation"
    canvas = Canvas(_BOX, Scale(epochs[0] - 0.5, epochs[-1] + 0.5), scale, label + last)
    canvas.y_axis(name)
    step = -(-len(epochs) // 10)
    canvas.x_axis("epoch", ticks=epochs[::step])
    for part, values in (("training", trained), ("validation", watched)):
        points = list(zip(epochs, values, strict=True))
        canvas.line(points, part)
        for epoch, value in points if len(points) <= _MANY else ():
            canvas.dot((epoch, value), part, f"epoch {epoch}, {part}: {name(_round(value))}")
    return canvas.markup()


def _round(value: float) -> float:
    return float(f"{value:.3g}")
