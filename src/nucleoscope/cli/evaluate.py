"""`nucleoscope evaluate`: measure a run's models again."""

from nucleoscope.cli.options import ModelsOption, RunArgument


def evaluate(run: RunArgument, models: ModelsOption = None) -> None:
    """Measure a run's models on the validation crops again."""
    from nucleoscope.cli.stage import run_one_stage

    run_one_stage("evaluate", run, models)
