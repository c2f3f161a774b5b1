"""`nucleoscope classify`: classes of all nuclei of fields and whole slides."""

from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import names
from nucleoscope.cli.stopped import going_on_with
from nucleoscope.errors import ConfigError


def classify(
    images: Annotated[
        list[Path],
        typer.Argument(metavar="IMAGE...", help="Pictures, TIFFs, whole slides, DICOM folders, or folders of images."),
    ],
    model: Annotated[
        list[Path],
        typer.Option(help="A bundle, such as RUN/model2/model. Given several times, their mean probability counts."),
    ],
    nuclei: Annotated[
        Path | None,
        typer.Option(
            help="Where the nuclei are: GeoJSON, a table with x and y, or the JSON of CellViT, HoVer-Net or "
            "TIAToolbox; a folder of such files for several images. Not given, they are found."
        ),
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(help="A trained detector to find nuclei with; stain separation if not given.")
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
        str,
        typer.Option(help="Separated by commas: geojson, csv, parquet, h5ad, overlay. A summary is always written."),
    ] = "geojson,csv,overlay",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Classify every nucleus of an image: for QuPath, as tables and as a picture."""
    from nucleoscope.cli.console import Console
    from nucleoscope.models.bundle import load_bundle
    from nucleoscope.pipeline.classify import Options, classify_images
    from nucleoscope.prediction.engines.catalogue import check_engine
    from nucleoscope.runtime import default_device
    from nucleoscope.slides.detection import load_detector
    from nucleoscope.slides.jobs import plan_jobs
    from nucleoscope.slides.writing.results import check_formats

    if detector is not None and nuclei is not None:
        raise ConfigError(
            "--detector finds nuclei and --nuclei says where they are; expected one of them: leave the other out"
        )
    check_engine(engine)
    check_formats(names(formats))
    jobs = plan_jobs(images, nuclei, out, overwrite=overwrite)
    bundles = [load_bundle(path, default_device()) for path in model]
    options = Options(mpp, engine, names(formats), None if detector is None else load_detector(detector))
    with going_on_with("nothing is kept of the image under way: give the same command again"):
        classify_images(jobs, bundles, options, Console())
