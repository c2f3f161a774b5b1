"""What the verbs that run one stage of an existing run have in common."""

import dataclasses
from pathlib import Path

from nucleoscope.cli.stopped import going_on_with


def run_one_stage(
    stage: str, run: Path, models: str | None, trials: int | None = None, epochs: int | None = None
) -> None:
    """Run one stage again for some models of a run.

    Args:
        stage: its name.
        run: the run folder.
        models: names separated by commas, or None for all of the run.
        trials: instead of those of the run; None leaves them.
        epochs: instead of those of the run; None leaves them.
    """
    from nucleoscope.cli.console import Console
    from nucleoscope.pipeline.folder import RunFolder
    from nucleoscope.pipeline.run import load_prepared, run_stage
    from nucleoscope.pipeline.settings import model_names
    from nucleoscope.pipeline.surroundings import shown_to
    from nucleoscope.report.writing import write_report

    console, folder = Console(), RunFolder(run)
    prepared = load_prepared(folder, console)
    begun = prepared.settings
    settings = dataclasses.replace(
        begun,
        models=begun.models if models is None else model_names(models),
        trials=begun.trials if trials is None else trials,
        epochs=begun.epochs if epochs is None else epochs,
    )
    prepared = dataclasses.replace(prepared, settings=settings)
    folder.write(folder.read() | {"settings": dataclasses.replace(settings, models=begun.models).to_mapping()})
    with going_on_with(f"the {stage} stage is not done: run this again, or the whole run with --resume"):
        for kind in settings.models:
            run_stage(stage, shown_to(kind, prepared, console), kind, folder, console, again=True)
        console.say(f"report: {write_report(run)}")
