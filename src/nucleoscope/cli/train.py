"""`nucleoscope train`: fit a run's models again with the settings that were chosen."""

from nucleoscope.cli.options import ModelsOption, RunArgument


def train(run: RunArgument, models: ModelsOption = None) -> None:
    """Fit a run's models again on all of the training part, with the settings that were chosen."""
    from nucleoscope.cli.stage import run_one_stage

    run_one_stage("train", run, models)
