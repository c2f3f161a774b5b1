"""`nucleoscope review`: which labels of a run are likely wrong."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import RunArgument
from nucleoscope.cli.stopped import going_on_with


def review(
    run: RunArgument,
    model: Annotated[
        str | None, typer.Option(help="Whose settings the judging models are fitted with; the run's last if not given.")
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(help="How many models judge, each the crops that it was not trained on; 4 if not given."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Folds at random, or by tiles: no tile on both sides; random if not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write; review/ in the model's folder if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many suspects to write at most.")] = 500,
) -> None:
    """Find labels that are likely wrong: a table to correct them in, and sheets to look at."""
    from nucleoscope.cli.console import Console
    from nucleoscope.pipeline.folder import RUNS, RunFolder
    from nucleoscope.pipeline.out_of_fold import Folding
    from nucleoscope.pipeline.review import review_cross_validation, review_labels
    from nucleoscope.pipeline.run import load_prepared
    from nucleoscope.pipeline.settings import model_name, protocol_name
    from nucleoscope.report.writing import write_report

    folding = Folding(protocol_name(split or "random"), 4 if folds is None else folds)
    console, folder = Console(), RunFolder(run)
    if (run / RUNS).is_file() and (folds, split) == (None, None):
        review_cross_validation(folder, model_name(model or "model2"), console, out=out, limit=limit)
        console.say(f"report: {write_report(run)}")
        return
    prepared = load_prepared(folder, console)
    kind = prepared.settings.models[-1] if model is None else model_name(model)
    with going_on_with("the same command goes on from here"):
        review_labels(prepared, kind, folder.model(kind), folding, console, out=out, limit=limit)
    console.say(f"report: {write_report(run)}")
