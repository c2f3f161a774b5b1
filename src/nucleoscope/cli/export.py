"""`nucleoscope export`: a bundle in the layout of another program."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nucleoscope.cli.stopped import going_on_with

if TYPE_CHECKING:
    from nucleoscope.cli.console import Console
    from nucleoscope.models.bundle import BundleConfig
    from nucleoscope.prediction.export.agreement import ParityCrops


def export(
    bundle: Annotated[Path, typer.Argument(help="A bundle (RUN/model2/model).")],
    to: Annotated[str, typer.Option("--to", help="qupath, onnx, openvino, monai or huggingface.")],
    out: Annotated[Path, typer.Option(help="Folder to write, new or empty.")],
    crops: Annotated[
        Path | None, typer.Option(help="Crops to compare the export with the bundle on; synthetic ones if not given.")
    ] = None,
    mpp: Annotated[float | None, typer.Option(help="Micrometres per pixel of these crops.")] = None,
) -> None:
    """Write a bundle for QuPath, ONNX, OpenVINO, MONAI or Hugging Face, and compare it with the bundle."""
    import torch

    from nucleoscope.cli.console import Console
    from nucleoscope.models.bundle import load_bundle
    from nucleoscope.pipeline.settings import check_mpp
    from nucleoscope.prediction.export.exporting import check_target, export_bundle

    check_mpp(mpp)
    check_target(to)
    console = Console()
    loaded = load_bundle(bundle, torch.device("cpu"))
    with going_on_with("nothing was written"):
        chosen = None if crops is None else _read(crops, mpp, loaded.config, console)
        with console.bar(f"exporting to {to}"):
            agreement = export_bundle(loaded, to, out, chosen)
    console.say(agreement.sentence())
    console.say(f"exported: {out}")


def _read(crops: Path, mpp: float | None, config: "BundleConfig", console: "Console") -> "ParityCrops":
    from nucleoscope.data.reading import read_pictures
    from nucleoscope.prediction.export.agreement import choose_crops
    from nucleoscope.prediction.resolution import to_resolution

    with console.bar("reading crops") as bar:
        pictures = dataclasses.replace(read_pictures(crops, progress=bar), mpp=mpp)
    return choose_crops(to_resolution(pictures, config).images, crops.name)
