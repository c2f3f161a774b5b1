"""`nucleoscope engines`: build the faster engines of a run's models again."""

from nucleoscope.cli.options import ModelsOption, RunArgument


def engines(run: RunArgument, models: ModelsOption = None) -> None:
    """Build the faster engines of a run's models again, with what is installed now."""
    from nucleoscope.cli.stage import run_one_stage

    run_one_stage("engines", run, models)
