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
    folds: Annotated[int, typer.Option(help="How many models share the crops; each judges what it did not see.")] = 4,
    split: Annotated[str, typer.Option(help="Folds at random, or by tiles: no tile on both sides.")] = "random",
    out: Annotated[
        Path | None, typer.Option(help="Where to write; review/ in the model's folder if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many suspects to write at most.")] = 500,
) -> None:
    """Find labels that are likely wrong: a table to correct them in, and sheets to look at."""
    from nucleoscope.cli.console import Console
    from nucleoscope.pipeline.folder import RunFolder
    from nucleoscope.pipeline.out_of_fold import Folding
    from nucleoscope.pipeline.review import review_labels
    from nucleoscope.pipeline.run import load_prepared
    from nucleoscope.pipeline.settings import model_name, protocol_name

    folding = Folding(protocol_name(split), folds)
    console, folder = Console(), RunFolder(run)
    prepared = load_prepared(folder, console)
    kind = prepared.settings.models[-1] if model is None else model_name(model)
    with going_on_with("the same command goes on from here"):
        review_labels(prepared, kind, folder.model(kind), folding, console, out=out, limit=limit)
