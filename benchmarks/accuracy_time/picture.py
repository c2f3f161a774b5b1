"""The picture: accuracy against seconds of training, a panel a model, a line a run."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from nucleoscope.data.splits import Protocol
from nucleoscope.evaluation.plots.colours import BLUE, FAINT, GREEN, INK, ORANGE, PURPLE
from nucleoscope.evaluation.plots.sheet import TEXT_SIZE, describe, lay_out, new_sheet, style, write_sheet

from .records import Key, Run, facts_of, middle
from .table import NAMES, disturbance, of_model, waiting

LOOKS = {
    "reference_notebook": (ORANGE, "s"),
    "fastai_tuning": (GREEN, "^"),
    "plain_lightning": (PURPLE, "D"),
    "ours": (BLUE, "o"),
}
BELOW, ABOVE = 0.13, 0.025  # of the target, in accuracy: what is drawn
NOTE = (
    "Thin: single seeds. Bold: the seed with the median time to the target. A dot is the end of an epoch; seconds from "
    "the start of the procedure after imports, reading of PNGs included, validation taken off. Curves end where the "
    "procedure was stopped, at its target or at the end of its epochs."
)


def draw(path: Path, runs: dict[Key, Run]) -> None:
    """Write the PNG."""
    models = [model for model in sorted({key[1] for key in runs}) if of_model(runs, model)]
    figure = new_sheet(11.0, 6.4)
    panels = figure.subplots(1, len(models), squeeze=False)[0]
    for axes, model in zip(panels, models, strict=True):
        _panel(axes, model, of_model(runs, model))
    handles = {line.get_label(): line for axes in panels for line in axes.get_lines() if line.get_label()[0] != "_"}
    # On the right of the title, where the sheet is empty.
    figure.legend(
        handles.values(),
        handles.keys(),
        loc="upper right",
        bbox_to_anchor=(0.985, 0.985),
        ncols=2,
        fontsize=TEXT_SIZE,
        frameon=False,
    )
    facts = facts_of(runs[key] for key in runs if runs[key].ended and key[1] == models[0])
    subtitle = describe(Protocol(facts["protocol"]), facts["validation_crops"], "validation")
    words = f"{NOTE} {waiting(facts)} {disturbance([run for run in runs.values() if run.ended])}"
    lay_out(figure, "Time to accuracy", f"{subtitle} {facts['cores']} cores.", words)
    write_sheet(path, figure)


def _panel(axes: Axes, model: str, procedures: dict[str, list[Run]]) -> None:
    facts = facts_of(run for found in procedures.values() for run in found)
    target, crops = facts["target"], f"accuracy on {facts['validation_crops']:,} validation crops"
    for name, found in procedures.items():
        bold = middle(found)
        for run in [*(run for run in found if run is not bold), bold]:
            _line(axes, name, run, run is bold)
    style(axes, f"{model}: target {target:.1%}", "seconds of training (logarithmic)", crops)
    axes.axhline(target, color=INK, linestyle="--", linewidth=1.2, zorder=1)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_ylim(target - BELOW, min(1.0, target + ABOVE))


def _line(axes: Axes, name: str, run: Run, bold: bool) -> None:
    colour, marker = LOOKS[name]
    seconds = [epoch["training_seconds"] for epoch in run.epochs]
    accuracies = [epoch["accuracy"] for epoch in run.epochs]
    if bold:
        axes.plot(seconds, accuracies, f"-{marker}", color=colour, linewidth=2.4, markersize=6, label=NAMES[name])
        if run.reached:
            at = run.reached["training_seconds"]
            axes.plot([at, at], [0.0, run.facts["target"]], ":", color=FAINT, linewidth=1.2, zorder=0)
    else:
        axes.plot(seconds, accuracies, f"-{marker}", color=colour, linewidth=0.9, markersize=3, alpha=0.6)
