"""`nucleoscope predict`: classes of crops, from a bundle alone or for the test set of a run."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from nucleoscope.cli.options import ModelsOption
from nucleoscope.errors import ConfigError


def predict(
    source: Annotated[Path, typer.Argument(help="A bundle (RUN/model2/model), or a run folder.")],
    crops: Annotated[
        Path | None, typer.Argument(help="Folder, zip or picture; not given, a run's own test set.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write, for crops.")] = None,
    mpp: Annotated[float | None, typer.Option(help="Micrometres per pixel of these crops.")] = None,
    models: ModelsOption = None,
    sets: Annotated[
        bool, typer.Option("--sets", help="Add the set of possible classes; more or less than one: not sure.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="auto (the fastest that agrees with PyTorch), torch, openvino-int8, ... for crops.")
    ] = "auto",
) -> None:
    """Predict the classes of crops."""
    if crops is None:
        if engine != "auto":
            raise ConfigError(
                "--engine is for crops: PyTorch predicts the test set of a run, so that the same seed gives the same "
                "file; leave --engine out"
            )
        from nucleoscope.cli.stage import run_one_stage

        run_one_stage("predict", source, models)
        return
    if out is None:
        raise ConfigError("no --out given; expected the CSV to write, such as --out predictions.csv")
    _predict_crops(source, crops, out, mpp, sets, engine)


def _predict_crops(source: Path, crops: Path, out: Path, mpp: float | None, sets: bool, engine: str) -> None:
    from nucleoscope.cli.console import Console
    from nucleoscope.data.reading import read_pictures
    from nucleoscope.models.bundle import load_bundle
    from nucleoscope.pipeline.predict import predict_crops
    from nucleoscope.pipeline.settings import check_mpp
    from nucleoscope.prediction.engines.catalogue import check_engine
    from nucleoscope.runtime import default_device

    check_mpp(mpp)
    check_engine(engine)
    console = Console()
    bundle = load_bundle(source, default_device())
    with console.bar("reading crops") as bar:
        pictures = dataclasses.replace(read_pictures(crops, progress=bar), mpp=mpp)
    predict_crops(bundle, pictures, out, console, with_sets=sets, engine=engine)
