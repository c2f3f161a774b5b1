"""`nucleoscope audit`: which crops share pixels, and what a split of them would leak."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import CropSizeOption, RecompressedOption, TurnedOption, names
from nucleoscope.cli.stopped import going_on_with


def audit(
    data: Annotated[
        str,
        typer.Argument(help="Folder, zip or CSV of labelled crops, or of fields; 'demo' for synthetic tissue."),
    ],
    test: Annotated[Path | None, typer.Option(help="Test crops, where they do not lie with the data.")] = None,
    out: Annotated[Path | None, typer.Option(help="New folder for audit.json and tiles.csv.")] = None,
    mosaic: Annotated[
        Path | None, typer.Option(help="New folder for pictures: the crops of each tile laid out at their places.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the splits.")] = 0,
    val_fraction: Annotated[float, typer.Option(help="Share of the crops that a split reports on.")] = 0.3,
    groups: Annotated[
        str | None, typer.Option(help="Column of the CSV, such as patient, of which no value is on both sides.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option(help="Names of the classes in the order of the labels, separated by commas.")
    ] = None,
    mpp: Annotated[float | None, typer.Option(help="Micrometres per pixel of the crops.")] = None,
    crop_size: CropSizeOption = None,
    recompressed: RecompressedOption = False,
    turned: TurnedOption = False,
) -> None:
    """Find crops that share pixels, the tiles they come from, and what a split would leak; trains nothing."""
    from nucleoscope.cli.console import Console
    from nucleoscope.pipeline.audit import audit as audit_crops
    from nucleoscope.pipeline.audit_summary import summarise_audit
    from nucleoscope.pipeline.settings import RunSettings

    settings = RunSettings(
        seed=seed,
        val_fraction=val_fraction,
        groups=groups,
        classes=names(classes) if classes else None,
        mpp=mpp,
        crop_size=crop_size,
        recompressed=recompressed,
        turned=turned,
    )
    console = Console()
    with going_on_with("nothing is kept: give the same command again, with new or empty folders"):
        found = audit_crops(data, test=test, settings=settings, out=out, mosaic=mosaic, reporter=console)
    for line in summarise_audit(found.record):
        console.say(line)
