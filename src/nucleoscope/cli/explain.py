"""`nucleoscope explain`: draw a run's explanation pages again."""

from nucleoscope.cli.options import ModelsOption, RunArgument


def explain(run: RunArgument, models: ModelsOption = None) -> None:
    """Draw what a run's models look at: Occlusion, Integrated Gradients and Grad-CAM."""
    from nucleoscope.cli.stage import run_one_stage

    run_one_stage("explain", run, models)
