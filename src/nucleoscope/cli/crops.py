"""`nucleoscope crops`: annotated images in, a folder of labelled crops out that `run` and `audit` read."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import names
from nucleoscope.cli.stopped import going_on_with
from nucleoscope.errors import ConfigError


def crops(
    image: Annotated[Path, typer.Argument(help="Picture, slide, folder of these, or PanNuke's images.npy.")],
    annotations: Annotated[
        Path,
        typer.Argument(help="GeoJSON, x,y,label CSV, .mat, ImageScope XML, a folder of these, or masks.npy."),
    ],
    out: Annotated[Path, typer.Option(help="New folder for crops, crops.csv and crops.json.")],
    size: Annotated[int, typer.Option(help="Side of a crop in pixels.")] = 100,
    mpp: Annotated[float, typer.Option(help="Micrometres per pixel of the crops.")] = 0.25,
    image_mpp: Annotated[
        float | None, typer.Option(help="Micrometres per pixel of the images, where their files do not say.")
    ] = None,
    patients: Annotated[Path | None, typer.Option(help="CSV with the columns field and patient.")] = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Names of the numbered classes of .mat and .npy; a name twice joins two, - leaves one out."),
    ] = None,
) -> None:
    """Cut a labelled crop around every nucleus of annotated images."""
    from nucleoscope.cli.console import Console
    from nucleoscope.data.crops import MAX_SIZE, MIN_SIZE
    from nucleoscope.slides.annotations.cropping import check_out, write_crops
    from nucleoscope.slides.annotations.pairing import Reading, find_annotated
    from nucleoscope.slides.annotations.patients import read_patients
    from nucleoscope.slides.annotations.summary import summarise_crops
    from nucleoscope.slides.image.resolution import PLAUSIBLE

    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ConfigError(f"--size is {size}; expected from {MIN_SIZE} to {MAX_SIZE} pixels")
    if not PLAUSIBLE[0] <= mpp <= PLAUSIBLE[1]:
        raise ConfigError(f"--mpp is {mpp:g}; expected {PLAUSIBLE[0]:g} to {PLAUSIBLE[1]:g} um/pixel, such as 0.25")
    check_out(out)
    console = Console()
    found = find_annotated(image, annotations, Reading(image_mpp, names(classes) if classes else None))
    of_patients = None if patients is None else read_patients(patients, tuple(one.name for one in found))
    with going_on_with("nothing is kept: give the same command again"), console.bar("cutting crops") as bar:
        written = write_crops(found, out, size=size, mpp=mpp, patients=of_patients, progress=bar)
    for line in summarise_crops(written, out):
        console.say(line)
