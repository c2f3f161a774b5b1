"""`nucleoscope tune`: choose the settings of a run's models again."""

from typing import Annotated

import typer

from nucleoscope.cli.options import ModelsOption, RunArgument


def tune(
    run: RunArgument,
    models: ModelsOption = None,
    trials: Annotated[int | None, typer.Option(help="Configurations to try; 0 takes the defaults.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of each fit.")] = None,
) -> None:
    """Search for the settings of a run's models again, on its fit and select parts."""
    from nucleoscope.cli.stage import run_one_stage

    run_one_stage("tune", run, models, trials=trials, epochs=epochs)
