"""`nucleoscope detector`: train a detector of nuclei on fields whose nuclei are known."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.stopped import going_on_with


def detector(
    fields: Annotated[Path, typer.Argument(help="Folder of pictures with all of their nuclei in NAME.centres.csv.")],
    out: Annotated[Path, typer.Option(help="New folder for the detector, for `classify --detector`.")],
    mpp: Annotated[
        float | None, typer.Option(help="Micrometres per pixel of the fields, where the files do not say.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Of each of the two fits; 400 are a few minutes on a processor.")] = 400,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
) -> None:
    """Train a detector of nuclei on fields with all of their nuclei, for images where no file says where they are."""
    from nucleoscope.cli.console import Console
    from nucleoscope.pipeline.detector import make_detector
    from nucleoscope.slides.detection.settings import DetectorSettings

    settings = DetectorSettings(steps=steps, seed=seed)
    with going_on_with("nothing is kept: give the same command again"):
        make_detector(fields, out, mpp, settings, Console())
