"""`nucleoscope classify`: classes of all nuclei of fields and whole slides."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import names
from nucleoscope.cli.stopped import going_on_with


def classify(
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE...", help="Pictures, TIFFs, whole slides, DICOM folders, or folders of images."),
    ],
    model: Annotated[Path, typer.Option(help="A bundle, such as RUN/model2/model.")],
    nuclei: Annotated[
        Path | None,
        typer.Option(
            help="Where the nuclei are: GeoJSON, a table with x and y, or the JSON of CellViT, HoVer-Net or "
            "TIAToolbox; a folder of such files for several images. Not given, they are found."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results; IMAGE-classified beside the image if not given.")
    ] = None,
    mpp: Annotated[
        float | None, typer.Option(help="Micrometres per pixel of the images, where the files do not say it.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="auto (the fastest that agrees with PyTorch), torch, openvino-int8, ...")
    ] = "auto",
    formats: Annotated[
        str | None, typer.Option(help="What to write, separated by commas; all that is installed if not given.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Classify every nucleus of an image: to QuPath, tables and a picture."""
    from nucleoscope.cli.console import Console
    from nucleoscope.models.bundle import load_bundle
    from nucleoscope.prediction.engines.catalogue import check_engine
    from nucleoscope.runtime import default_device
    from nucleoscope.slides.classify import Options, classify_images
    from nucleoscope.slides.jobs import plan_jobs

    check_engine(engine)
    options = Options(mpp, engine, names(formats) if formats else None)
    bundle = load_bundle(model, default_device())
    jobs = plan_jobs(images, nuclei, out, overwrite=overwrite)
    with going_on_with("nothing is kept of the image under way: give the same command again"):
        classify_images(jobs, bundle, options, Console())
